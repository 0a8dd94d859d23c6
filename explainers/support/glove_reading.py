"""What the page on GloVe reads from its vectors and its classifiers, and which sentences are true of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explainers.support.association import BY_WOMEN, OCCUPATIONS, gender_of_occupations
from explainers.support.contract import Checkpoint, Say
from explainers.support.glove_learning import KINDS, PAIR, SIZES
from explainers.support.glove_words import Analogy, Asked, Map, Neighbours, Pair, classics, coverage
from explainers.support.measured import Measured

CLOSE = 0.012  # one standard error of an accuracy on the 1,241 test sentences: less is no difference


@dataclass(frozen=True)
class Reading(Measured):
    """What the vectors answer, and what the classifiers have learnt."""

    problems: list[Asked]  # what was typed and cannot be asked about
    analogy: Analogy
    leave_out: bool
    neighbours: Neighbours
    pair: Pair
    plane: Map
    size: int  # number of training sentences looked at

    def accuracy(self, kind: str, size: int | None = None) -> float:
        """Share of test sentences that a model gets right."""
        return self.numbers[f"accuracy_{kind}_{size or self.size}"]


def ahead(numbers: Mapping[str, float], size: int) -> str:
    """Whether frozen vectors win, lose or draw against random ones that learn, with so many sentences."""
    gap = numbers[f"accuracy_frozen_{size}"] - numbers[f"accuracy_scratch_{size}"]
    return "draw" if abs(gap) < CLOSE else "win" if gap > 0 else "lose"


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """The analogy and its hidden rule; few sentences and many; opposites; the map; the occupations."""
    asked, numbers = reading.analogy, checkpoint.numbers
    a, b, c = asked.words
    values = {
        "a": a,
        "b": b,
        "c": c,
        "answer": asked.answer,
        "rank": asked.rank,
        "first": asked.nearest[0][0],
    }
    rule = "rule" if asked.rank > 1 else "no_rule"
    said = [Say(f"asked_{each.problem}", {"found": each.found}) for each in reading.problems]
    for key, size in (("few", min(SIZES)), ("many", max(SIZES))):
        of = {f"{what}_{k}": numbers[f"{what}_{k}_{size}"] for what in ("accuracy", "fit") for k in KINDS}
        learnt = int(numbers[f"words_{size}"]) * reading.pair.vectors.shape[1]
        said.append(Say(f"{key}_{ahead(numbers, size)}", {**of, "n": size, "learnt": learnt}))
    if numbers["shuffled"]:
        said.append(Say("shuffled", {"chance": numbers["chance"]}))
    said += [Say(f"{rule}_{'on' if reading.leave_out else 'off'}", values), Say("classics", classics())]
    x, y = reading.pair.words
    if (x, y) != PAIR:
        said.append(Say("pair", {"x": x, "y": y, "cosine": reading.pair.cosine, "d": reading.pair.distance}))
    apart = {kind: numbers[f"cosine_{kind}"] for kind in KINDS}
    if not numbers["shuffled"]:
        said.append(Say("apart" if apart["tuned"] < apart["frozen"] - 0.1 else "not_apart", apart))
    said.append(Say("explained", {"explained": reading.plane.explained}))
    known = coverage()
    word, times = known.missing[0]
    facts = {"words": known.words, "tokens": known.tokens, "n": known.distinct, "word": word, "times": times}
    return [*said, Say("coverage", facts), *see_gender()]


def see_gender() -> list[Say]:
    """Whether the two groups of occupations lean apart, by both tests, and which one leans the other way."""
    found = gender_of_occupations()
    values = {
        "gap": found.gap, "effect": found.effect, "splits": found.splits, "share": found.share_splits,
        "random": found.share_random,
    }  # fmt: skip
    clear = max(found.share_splits, found.share_random) < 0.05
    said = [Say("gender" if clear else "gender_not", values)]
    against = [
        word
        for word, value in zip(OCCUPATIONS, found.values.tolist(), strict=True)
        if (value > 0) != (word in BY_WOMEN)
    ]
    if against:
        said.append(Say("gender_against", {"word": against[0], "n": len(against), "of": len(OCCUPATIONS)}))
    return said


def see_sweep(field: str, values: Sequence[int], readings: Sequence[Reading]) -> list[Say]:
    """In how many of the runs frozen vectors win with the fewest sentences, and lose with the most."""
    few, many = min(SIZES), max(SIZES)
    wins = sum(r.accuracy("frozen", few) > r.accuracy("scratch", few) for r in readings)
    losses = sum(r.accuracy("frozen", many) < r.accuracy("scratch", many) for r in readings)
    best = sum(r.accuracy("tuned", many) > r.accuracy("scratch", many) for r in readings)
    counted = {"n": len(readings), "few": few, "many": many, "wins": wins, "losses": losses, "best": best}
    return [Say("seeds", counted)]
