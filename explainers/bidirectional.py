"""Bidirectional: to understand a word, it helps to have read what comes after it."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from explainers.support.bidirectional_pictures import (
    edited_diagram,
    joined_diagram,
    live_diagram,
    two_ways_diagram,
)
from explainers.support.bidirectional_reader import (
    Reader,
    Weights,
    heard,
    loss_of,
    measured,
    passes,
    write_on,
)
from explainers.support.bidirectional_reading import Reading, by_hand, two_ways_frame
from explainers.support.bidirectional_says import see_accuracy, see_edit, see_next, see_tag
from explainers.support.bidirectional_sentences import (
    END,
    hide_words,
    known_ids,
    sense_split,
    sense_vocabulary,
    senses,
)
from explainers.support.contract import Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.init import seeded
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves, sweep_curves
from explainers.support.reviews import UNKNOWN, tokenize

SECTION = "sequences"
ORDER = 70
DATA = ("senses.toml",)
HEADLINE = (
    "accuracy_forward_cue_before", "accuracy_forward_cue_after", "accuracy_bidirectional_cue_before",
    "accuracy_bidirectional_cue_after", "forward_change_before_edit", "backward_change_before_edit",
    "parameters_forward", "parameters_bidirectional",
)  # fmt: skip
SHOWN = 8  # words on a picture
BREAKS = {
    "next_word": {"task": "next_word", "units": 16, "steps": 800, "distance": 0, "heard": SHOWN},
    "live": {"task": "senses", "units": 6, "steps": 800, "distance": 0, "heard": 4},
    "far": {"task": "senses", "units": 6, "steps": 800, "distance": 16, "heard": SHOWN},
}
SWEEPS = {"distance": (0, 2, 4, 6, 8, 12, 16), "seed": tuple(range(8))}
DIM = 8  # numbers per word
BATCH, RATE = 64, 0.01


class Training(Settings):
    """What is trained: changing any of these trains again."""

    sentences: Literal["en", "pt"] = "en"
    task: Literal["senses", "next_word"] = "senses"
    units: int = Field(6, ge=2, le=16)
    distance: int = Field(0, ge=0, le=16, multiple_of=2, json_schema_extra={"more": True})
    steps: int = Field(800, ge=24, le=1200, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    text: str = Field("i saw the bank near the river", max_length=280)
    edit: str = Field("cashier", max_length=40)
    at: int = Field(7, ge=1, le=SHOWN)
    heard: int = Field(SHOWN, ge=1, le=SHOWN, json_schema_extra={"more": True})


def size(units: int, answers: int, both: bool) -> int:
    """How many numbers a reader learns beside its word vectors."""
    ways = 2 if both else 1
    return ways * units * (DIM + units + 2) + answers * (ways * units + 1)


def train(training: Training) -> Iterator[Checkpoint]:
    """A reader of both directions, and one of the forward direction with at least as many parameters.

    Both see the same batches and start from the same word vectors; their states differ in size, so that the
    rest of the initial values cannot be the same.
    """
    generator = torch.Generator().manual_seed(training.seed)
    known = sense_vocabulary(training.sentences)
    learn, test = sense_split(training.sentences, training.distance)
    if training.task == "next_word":
        test = learn.pick(torch.arange(0, len(learn.at), 11))  # how well it knows what it has seen
    answers = 1 if training.task == "senses" else len(known) + 1
    budget = size(training.units, answers, both=True)
    units = next(n for n in range(1, 99) if size(n, answers, both=False) >= budget)
    models = {
        "bidirectional": seeded(Reader(len(known), DIM, training.units, answers, both=True), generator),
        "forward": seeded(Reader(len(known), DIM, units, answers, both=False), generator),
    }
    models["forward"].embed.load_state_dict(models["bidirectional"].embed.state_dict())
    optimisers = [torch.optim.Adam(model.parameters(), lr=RATE) for model in models.values()]
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            named = {f"{name}_{training.sentences}": model for name, model in models.items()}
            yield Checkpoint(step, training.steps, measured(models, test), weights_of(**named))
        if step == training.steps:
            return
        batch = learn.draw(BATCH, generator)
        if training.task == "senses":
            batch = hide_words(batch, generator)
        for model, optimiser in zip(models.values(), optimisers, strict=True):
            optimiser.zero_grad()
            loss_of(model, batch, model(batch.tokens, batch.lengths)).backward()
            optimiser.step()


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Both readers over the text, over the edited text, and over all of its beginnings."""
    language = next(iter(checkpoint.weights)).split(".")[0].split("_")[1]
    weights = {
        name: Weights.of(checkpoint.arrays(f"{name}_{language}")) for name in ("bidirectional", "forward")
    }
    whole = tokenize(view.text)
    tokens = whole if view.heard == SHOWN else whole[: view.heard]
    at = min(view.at, len(tokens))
    new, typed = list(tokens), tokenize(view.edit)
    if typed and at:
        new[at - 1] = typed[0]
    tagged = next((t for t, token in enumerate(tokens, start=1) if token in senses(language)), 0)
    ids, end = known_ids(tokens, language), sense_vocabulary(language)[END]
    asks_next = len(weights["forward"].bias) > 1

    heard_to = range(min(SHOWN, len(ids)))  # of each beginning the last word, from 0
    asked = [last if asks_next else min(tagged or 1, last + 1) - 1 for last in heard_to]

    def written(own: Weights) -> list[str]:
        names = ["…", *sense_vocabulary(language)] if asks_next and ids else []
        return [names[i] for i in write_on(ids[:3], own, end)] if names else []

    text = {name: passes(ids, own) for name, own in weights.items()}
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, language, tokens, new, ids, at, tagged,
        senses(language)[tokens[tagged - 1]] if tagged else ("", ""), weights, text,
        {name: passes(known_ids(new, language), own) for name, own in weights.items()},
        {name: list(heard(text[name], asked, own)) for name, own in weights.items()},
        {name: written(own) for name, own in weights.items()},
        len(whole) - len(tokens),
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Right answers of both readers, what an edit changes before its place (or 0), and their sizes."""
    before = slice(0, max(0, reading.at - 1))
    sizes = checkpoint.parameters()
    return {
        **{f"accuracy_{name}_cue_{place}": checkpoint.numbers[f"{name}_{place}"]
           for name in ("forward", "bidirectional") for place in ("before", "after")},
        "forward_change_before_edit": float(reading.moved["ahead"][before].max(initial=0)),
        "backward_change_before_edit": float(reading.moved["back"][before].max(initial=0)),
        **{f"parameters_{name}": float(sizes[f"{name}_{reading.language}"])
           for name in ("forward", "bidirectional")},
    }  # fmt: skip


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What each reader makes of the word, what the edit reaches, and what holds on the test sentences."""
    if not reading.ids:
        return [Say("empty", {})]
    said = [see_edit(reading)]
    if reading.asks_next:
        said = [*see_next(reading), *said]
    else:
        said = [see_tag(reading), *said, *see_accuracy(reading)]
    sizes = {name: checkpoint.parameters()[f"{name}_{reading.language}"] for name in reading.weights}
    said.append(Say("sizes", sizes))
    if UNKNOWN in reading.ids:
        said.append(Say("unknown", {"word": reading.tokens[reading.ids.index(UNKNOWN)]}))
    if reading.unheard:
        said.append(Say("unheard", {"n": reading.unheard}))
    elif len(reading.ids) > SHOWN:
        said.append(Say("shortened", {"shown": SHOWN, "n": len(reading.ids)}))
    return said


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """From which distance the cue is lost; in how many seeds the claim holds."""
    after = [reading.numbers["bidirectional_after"] for reading in readings]
    if readings[-1].asks_next:
        names = ("bidirectional_all", "cut_all", "forward_all")
        means = {name: sum(r.numbers[name] for r in readings) / len(readings) for name in names}
        return [Say("sweep_next", {"n": len(readings), **means})]
    if field == "distance":
        lost = [value for value, share in zip(values, after, strict=True) if share < 0.9]
        ends = {"last": values[-1], "share": after[-1], "forward": readings[-1].numbers["forward_after"]}
        if not lost:
            return [Say("distance_kept", ends)]
        for_good = lost == list(values)[-len(lost) :]
        where = {"lost": lost[0], "all": ", ".join(map(str, lost))}
        return [Say("distance_lost" if for_good else "distance_mixed", {**ends, **where})]
    forward = [reading.numbers["forward_after"] for reading in readings]
    held = sum(a >= 0.9 and abs(b - 0.5) < 0.05 for a, b in zip(after, forward, strict=True))
    ends = {"low": min(after), "high": max(after), "forward_low": min(forward), "forward_high": max(forward)}
    return [Say("seeds", {"n": len(values), "held": held, **ends})]


def formula(reading: Reading) -> dict[str, float]:
    """The answer that is worked out by hand, half by half; an empty text has none."""
    frame = by_hand(reading, reading.asked)
    if not frame:
        return {}
    ahead, back = frame["halves"][:, 0]
    numbers = {"ahead": ahead, "back": back, "bias": frame["offset"][0][0], "logit": frame["total"][0][0]}
    return {"t": reading.asked, **{k: float(v) for k, v in numbers.items()}, "share": frame["chance"][0][0]}


def picture_two_ways(readings: Sequence[Reading]) -> Diagram:
    """One pass from each end, and the answers where they meet."""
    last = readings[-1]
    shown = last.tokens[:SHOWN]
    places = range(1, len(shown) + 1)
    tagged = [last.tagged] if 0 < last.tagged <= SHOWN else []
    asked = dict.fromkeys(places, "") if last.asks_next else dict.fromkeys(tagged, last.senses[1] + "?")
    frames = [two_ways_frame(reading, len(shown), list(asked)) for reading in readings]
    return two_ways_diagram(shown, asked, frames, [reading.step for reading in readings])


def picture_edit(readings: Sequence[Reading]) -> Diagram:
    """Both passes over the edited text, marked against those over the text."""
    last, frames = readings[-1], []
    places = range(min(SHOWN, len(last.ids)))
    for reading in readings:
        frame: dict[str, Any] = {}
        one, two, moved = reading.read["bidirectional"], reading.edited["bidirectional"], reading.moved
        for way in ("ahead", "back"):
            states, others = getattr(one, way), getattr(two, way)
            for place in places:
                frame[f"{way}{place + 1}"] = states[place][:, None]
                frame[f"{way}_edited{place + 1}"] = others[place][:, None]
                frame[f"{way}_moved{place + 1}"] = [[float(moved[way][place])]]
        frames.append(frame)
    return edited_diagram(last.new[:SHOWN], last.at, frames, [reading.step for reading in readings])


def picture_live(readings: Sequence[Reading]) -> Diagram:
    """What both readers say after each word, when no more has been heard."""
    last, frames = readings[-1], []
    shown = last.tokens[:SHOWN]
    first = 1 if last.asks_next else last.tagged or SHOWN + 1
    for reading in readings:
        frame: dict[str, Any] = {f"word{t}": [[word]] for t, word in enumerate(shown, start=1)}
        for name, logits in reading.live.items():
            for t in range(first, len(shown) + 1):
                own = logits[t - 1]
                frame[f"{name}{t}"] = [[reading.says(own) if last.asks_next else reading.share(own)]]
        frames.append(frame)
    steps = [reading.step for reading in readings]
    sense = "" if last.asks_next else last.senses[1] or "…"
    return live_diagram(shown, first, sense, frames, steps)


def picture_joined(readings: Sequence[Reading]) -> Diagram:
    """The answer by hand: two states end to end, times one weight each."""
    last = readings[-1]
    H = last.read["bidirectional"].ahead.shape[1]
    frames = [by_hand(reading, last.asked) for reading in readings]
    return joined_diagram(last.asked, H, not last.asks_next, frames, [reading.step for reading in readings])


def accuracy(readings: Sequence[Reading], series: dict[str, str]) -> Chart:
    """Right answers over the training; half of the senses can be guessed."""
    level = None if readings[-1].asks_next else ("chance", 0.5)
    return curves(readings, series, "axis.accuracy", (0.0, 1.1), level)


@of_run
def picture_after(readings: Sequence[Reading]) -> Chart:
    """Where the cue stands after the word; also with all cut off that comes after it."""
    series = {"bidirectional_after": "bidirectional", "forward_after": "forward", "cut_after": "followed"}
    return accuracy(readings, series)


@of_run
def picture_before(readings: Sequence[Reading]) -> Chart:
    """Where the cue stands before the word."""
    return accuracy(readings, {"bidirectional_before": "bidirectional", "forward_before": "forward"})


def sweep_distance(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers against the number of words between word and cue."""
    series = {"bidirectional_after": "bidirectional", "forward_after": "forward"}
    return sweep_curves(values, readings, series, ("axis.distance", "axis.accuracy"), (0.0, 1.1))


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers in each seed, where the cue stands after the word."""
    series = {"bidirectional_after": "bidirectional", "forward_after": "forward"}
    return sweep_curves(values, readings, series, ("axis.seed", "axis.accuracy"), (0.0, 1.1))
