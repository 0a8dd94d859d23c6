"""Average pooling: the mean of the words cannot know their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from explainers.support.by_hand import Step, sigmoid, unroll_gru
from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.once import of_run
from explainers.support.order_pairs import mixed_up, pair_split, pair_vocabulary, sample_rows, shuffled
from explainers.support.order_pictures import SHOWN, pairs_apart, pooling_diagram
from explainers.support.pictures import Chart, Diagram, curves
from explainers.support.pooled import loss_and_accuracy
from explainers.support.reviews import Sentences, chance, ids_of, pack, review_split, tokenize, vocabulary

SECTION = "text"
ORDER = 30
DATA = ("reviews_en.csv.gz", "order_pairs.toml")
HEADLINE = (
    "logit_pooled", "logit_pooled_shuffled", "logit_recurrent", "logit_recurrent_shuffled",
    "accuracy_pooled_pairs", "accuracy_recurrent_pairs",
    "accuracy_pooled_reviews", "accuracy_recurrent_reviews",
)  # fmt: skip
BREAKS = {
    "shuffled": {"shuffle": 1},
    "review": {"trained_on": "reviews", "text": "a surprisingly funny movie .", "shuffle": 2},
    "largest": {"pooling": "max"},
    "untrained": {"steps": 24},
}
KINDS = ("pooled", "recurrent")
POOLINGS = ("mean", "sum", "max")
LANGUAGES = ("en", "pt")
WORDS = 5_000  # the most frequent words of the reviews
SMALL = 0.3  # initial vectors are torch's times this, so that a rare word says little
LEARNT = 0.7  # accuracy on pairs from which on the recurrent model has plainly learnt order
ABOVE = 0.1  # accuracy on reviews above chance from which on a model has plainly learnt something
CLOSE = 0.012  # one standard error of an accuracy on the 1,241 test reviews: less is no difference


class Training(Settings):
    """What is trained: changing any of these trains again."""

    pooling: Literal["mean", "sum", "max"] = "mean"
    language: Literal["en", "pt"] = Field("en", json_schema_extra={"more": True})
    dim: int = Field(3, ge=2, le=8, json_schema_extra={"more": True})
    steps: int = Field(120, ge=24, le=600, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained models again."""

    text: str = Field("looks good but is bad", max_length=280)
    shuffle: int = Field(0, ge=0, le=20)
    trained_on: Literal["pairs", "reviews"] = "pairs"


class Pooled(nn.Module):
    """A vector per word, all pooled into one, one score."""

    def __init__(self, rows: int, dim: int, pooling: str) -> None:
        super().__init__()
        self.embed = nn.Embedding(rows, dim)  # (V + 1, d); row 0 is for unknown words
        self.score = nn.Linear(dim, 1)
        self.pooling = pooling

    def pool(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → one vector each (N, d). Nothing here asks where a word stands."""
        mask, vectors = batch.mask()[..., None], self.embed(batch.tokens)  # (N, T, 1), (N, T, d)
        if self.pooling == "max":
            return vectors.masked_fill(mask == 0, -torch.inf).amax(dim=1)
        total = (vectors * mask).sum(dim=1)  # (N, d)
        return total / mask.sum(dim=1) if self.pooling == "mean" else total

    def forward(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → logits (N,), above 0 for positive."""
        return self.score(self.pool(batch)).squeeze(-1)


class Recurrent(nn.Module):
    """A vector per word, read one after another by a GRU, one score of its last state.

    A plain ``nn.RNN`` learns the pairs, too, but stays near chance on reviews for some seeds: its gradient
    vanishes, which is another lesson than order.
    """

    def __init__(self, rows: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(rows, dim)  # (V + 1, d)
        self.gru = nn.GRU(dim, dim, batch_first=True)
        self.score = nn.Linear(dim, 1)

    def states(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → the state after each word (N, T, d)."""
        return self.gru(self.embed(batch.tokens))[0]

    def forward(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → logits (N,), above 0 for positive."""
        last = self.states(batch)[torch.arange(len(batch.lengths)), batch.lengths - 1]  # (N, d)
        return self.score(last).squeeze(-1)


def train(training: Training) -> Iterator[Checkpoint]:
    """Both models on order pairs and both on real reviews, with the same initial vectors and batches."""
    generator = torch.Generator().manual_seed(training.seed)
    splits = {"pairs": pair_split(training.language), "reviews": review_split(WORDS)}
    mixes = {corpus: mixed_up(test) for corpus, (_, test) in splits.items()}
    models: dict[str, nn.Module] = {}
    for corpus, V in {"pairs": len(pair_vocabulary(training.language)), "reviews": WORDS}.items():
        pooled = seeded(Pooled(V + 1, training.dim, training.pooling), generator)
        recurrent = seeded(Recurrent(V + 1, training.dim), generator)
        with torch.no_grad():
            pooled.embed.weight.mul_(SMALL)
            recurrent.embed.weight.copy_(pooled.embed.weight)
        models |= {f"pooled_{corpus}": pooled, f"recurrent_{corpus}": recurrent}
    # One optimiser for all: Adam keeps its averages per weight, so the models do not touch one another.
    weights = [p for model in models.values() for p in model.parameters()]
    optimiser = torch.optim.Adam(weights, lr=0.02, fused=True)
    # What a reading has to know of the settings, as places among the choices.
    told = {"pooling": POOLINGS.index(training.pooling), "language": LANGUAGES.index(training.language)}
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            numbers = {**told, "chance_reviews": chance(splits["reviews"][1].labels)}
            for name, model in models.items():
                corpus = name.split("_")[1]
                test = splits[corpus][1]
                with torch.no_grad():
                    logits, mixed = model(test), model(mixes[corpus])
                loss, accuracy = loss_and_accuracy(logits, test.labels)
                numbers |= {f"loss_{name}": loss, f"accuracy_{name}": accuracy}
                numbers[f"mixed_{name}"] = loss_and_accuracy(mixed, test.labels)[1]
                rows = sample_rows(training.language) if corpus == "pairs" else ()
                numbers |= {f"logit_{name}_{row}": float(logits[row]) for row in rows}
            yield Checkpoint(step, training.steps, numbers, weights_of(**models))
        if step == training.steps:
            return
        optimiser.zero_grad()
        for corpus, (learn, _) in splits.items():
            batch = learn.draw(64, generator)
            for kind in KINDS:
                logits = models[f"{kind}_{corpus}"](batch)
                nn.functional.binary_cross_entropy_with_logits(logits, batch.labels).backward()
        optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """One text in two orders, as both models read it."""

    shuffle: int  # 0: the picture shows the text as typed
    tokens: list[str]  # (T,) in the order shown
    unknown: list[str]
    same: bool  # to the models both orders are one
    V: int  # words that these models know
    columns: dict[str, Array]  # (T, d) each: the words' vectors; the recurrent model's state after each word
    pooled: Array  # (d,)
    logits: dict[str, list[float]]  # of each model: as typed, shuffled
    shares: dict[str, list[float]]  # the same as shares of positive, from 0 to 1


@lru_cache(maxsize=256)  # of a run's checkpoints all are asked the same
def in_two_orders(
    text: str, number: int, corpus: str, language: str
) -> tuple[list[str], list[str], Sentences, bool, list[str], int]:
    """A text's words as typed and in order ``number``, both for the models, whether they are one to them,
    the unknown words, and V.
    """
    known = pair_vocabulary(language) if corpus == "pairs" else vocabulary(WORDS)
    tokens = tokenize(text) or ["…"]
    mixed = shuffled(tokens, number)
    batch = pack([ids_of(order, known) for order in (tokens, mixed)], [0.0, 0.0])
    same = bool((batch.tokens[0] == batch.tokens[1]).all())
    return tokens, mixed, batch, same, [token for token in tokens if token not in known], len(known)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Ask both models about the text; a text without words is one unknown word.

    It is always asked in two orders: as typed, and in the order chosen, or in order 1 if none is.
    """
    return read_all([checkpoint], view)[0]


def read_all(checkpoints: Sequence[Checkpoint], view: View) -> list[Reading]:
    """The same of C checkpoints of one run, a word of all at a time: they share the text and its orders."""
    numbers, corpus = checkpoints[0].numbers, view.trained_on
    language, pooling = LANGUAGES[int(numbers["language"])], POOLINGS[int(numbers["pooling"])]
    typed, mixed, batch, same, unknown, V = in_two_orders(view.text, view.shuffle or 1, corpus, language)
    # Each checkpoint about either order: (C · 2, …).
    each = [(checkpoint.weights, ids) for checkpoint in checkpoints for ids in batch.tokens.numpy()]
    vectors = {
        kind: np.stack([weights[f"{kind}_{corpus}.embed.weight"][ids] for weights, ids in each])
        for kind in KINDS
    }  # (C · 2, T, d) each
    steps = Step.stacked([Step.of(weights, f"recurrent_{corpus}.gru") for weights, _ in each])
    states = unroll_gru(vectors["recurrent"], steps)
    pooled = getattr(vectors["pooled"], pooling)(axis=1)  # (C · 2, d)
    logits = {}
    for kind, last in {"pooled": pooled, "recurrent": states[:, -1]}.items():
        weight, bias = (
            np.concatenate([weights[f"{kind}_{corpus}.score.{part}"] for weights, _ in each])
            for part in ("weight", "bias")
        )
        logits[kind] = ((last * weight).sum(axis=1) + bias).reshape(-1, 2)
    shares = {kind: sigmoid(values) for kind, values in logits.items()}
    tokens, shown = (mixed, slice(1, None, 2)) if view.shuffle else (typed, slice(0, None, 2))
    return [
        Reading(
            checkpoint.step, checkpoint.of, checkpoint.numbers, view.shuffle, tokens, unknown, same, V,
            {"vector": vectors["pooled"][shown][i], "state": states[shown][i]}, pooled[shown][i],
            {kind: values[i].tolist() for kind, values in logits.items()},
            {kind: values[i].tolist() for kind, values in shares.items()},
        )
        for i, checkpoint in enumerate(checkpoints)
    ]  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Both models' logits of the text, as typed and shuffled, and their accuracies on unseen sentences."""
    orders = (("", 0), ("_shuffled", 1))
    logits = {f"logit_{kind}{name}": reading.logits[kind][i] for kind in KINDS for name, i in orders}
    return {**logits, **{key: checkpoint.numbers[key] for key in HEADLINE[4:]}}


def formula(reading: Reading) -> dict[str, float]:
    """Logits and shares as typed (0) and shuffled (1), how far the logits moved, the pooled one's in 10⁻⁹."""
    values = {f"{kind}{i}": logit for kind in KINDS for i, logit in enumerate(reading.logits[kind])}
    values |= {f"share_{kind}{i}": s for kind in KINDS for i, s in enumerate(reading.shares[kind])}
    values |= {f"moved_{kind}": abs(b - a) for kind, (a, b) in reading.logits.items()}
    return {**values, "billionths": values["moved_pooled"] * 1e9}


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What the other order changed, and which model is right more often, on pairs and on reviews."""
    if reading.tokens == ["…"]:
        return [Say("empty", {})]
    values = formula(reading)
    said = [Say("typed", values)]
    if reading.shuffle and reading.same:
        said = [Say("no_order", {})]
    elif reading.shuffle:
        largest = POOLINGS[int(checkpoint.numbers["pooling"])] == "max"
        turned = (values["recurrent0"] > 0) != (values["recurrent1"] > 0)
        still = "exact_max" if largest else "exact"
        said = [Say("rounding" if values["moved_pooled"] else still, values)]
        said.append(Say("turned" if turned else "moved", values))
    numbers = {key.removeprefix("accuracy_"): value for key, value in checkpoint.numbers.items()}
    said.append(Say("pairs" if numbers["recurrent_pairs"] >= LEARNT else "pairs_not", numbers))
    said += [Say(key, numbers) for key in on_reviews(numbers)]
    if reading.unknown:
        said.append(Say("unknown", {"word": reading.unknown[0], "V": reading.V}))
    if len(reading.tokens) > SHOWN:
        said.append(Say("shortened", {"shown": SHOWN, "n": len(reading.tokens)}))
    return said


def on_reviews(numbers: dict[str, float]) -> list[str]:
    """Which model is right more often on real reviews, and whether the recurrent one owes it to the order."""
    pooled, recurrent = numbers["pooled_reviews"], numbers["recurrent_reviews"]
    mixed, level = numbers["mixed_recurrent_reviews"], numbers["chance_reviews"]
    if recurrent < level + ABOVE:
        return ["reviews_not"]
    if recurrent - pooled >= CLOSE:
        return ["reviews_recurrent" if recurrent - mixed >= CLOSE else "reviews_words"]
    ahead = "reviews_same" if abs(pooled - recurrent) < CLOSE else "reviews_pooled"
    return [ahead, "by_words" if recurrent - mixed < (recurrent - level) / 2 else "by_order"]


def picture_pooling(readings: Sequence[Reading]) -> Diagram:
    """Above, all vectors fall into one and make a score; below, a state goes from word to word to a score."""
    return pooling_diagram(readings, POOLINGS[int(readings[-1].numbers["pooling"])])


@of_run
def picture_unseen(readings: Sequence[Reading]) -> Chart:
    """One pair of each test pattern: how far apart either model puts its two sentences."""
    samples = sample_rows(LANGUAGES[int(readings[-1].numbers["language"])])
    return pairs_apart(readings, samples, KINDS[::-1])


@of_run
def picture_pairs(readings: Sequence[Reading]) -> Chart:
    """Accuracies on order pairs over the training: chance is 0.5, and there the pooled model stays."""
    return curves(readings, {f"accuracy_{kind}_pairs": kind for kind in KINDS}, "axis.accuracy", (0.4, 1.0))


@of_run
def picture_reviews(readings: Sequence[Reading]) -> Chart:
    """Accuracies on real reviews over the training: chance is always giving the more frequent answer."""
    series = {f"accuracy_{kind}_reviews": kind for kind in KINDS}
    level = ("chance", readings[-1].numbers["chance_reviews"])
    return curves(readings, series, "axis.accuracy", (0.4, 1.0), level)
