"""Hidden states: a recurrent network reads one word at a time; all it remembers is one column of numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from explainers.support.by_hand import Step, unroll
from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.once import of_run
from explainers.support.order_pairs import order_pairs, pair_split, pair_vocabulary
from explainers.support.pictures import Chart, Diagram, curves, low, sweep_curves
from explainers.support.reviews import UNKNOWN, Sentences, ids_of, review_split, tokenize, vocabulary
from explainers.support.state_pictures import edit_diagram, fade_chart, step_diagram, unrolled_diagram
from explainers.support.states import (
    StateReader,
    Unrolled,
    loss_at_every_word,
    measured,
    torch_states,
)

SECTION = "sequences"
ORDER = 40
DATA = ("reviews_en.csv.gz", "order_pairs.toml")
HEADLINE = (
    "logit_final", "norm_first", "norm_last", "saturated_share", "first_changed_step", "accuracy",
    "difference_from_torch",
)  # fmt: skip
BREAKS = {
    "huge_weights": {"scale": 10.0, "recurrence": True, "backwards": False},
    "no_recurrence": {"scale": 1.0, "recurrence": False, "backwards": False},
    "backwards": {"scale": 1.0, "recurrence": True, "backwards": True},
}
SWEEPS = {"scale": (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0), "seed": tuple(range(8))}
WORDS = 2_000  # the most frequent words of the reviews; order pairs have about 100 of their own
DIM = 4  # numbers per word
BATCH, RATE = 64, 0.01
SHOWN = 8  # words on a picture
NEGATIONS = ("not", "never", "no", "não", "nunca")


class Training(Settings):
    """What is trained: changing any of these trains again."""

    task: Literal["reviews", "pairs_en", "pairs_pt"] = "reviews"
    units: int = Field(6, ge=2, le=16)
    scale: float = Field(1.0, ge=0.1, le=10, json_schema_extra={"log": True, "more": True})
    recurrence: bool = Field(True, json_schema_extra={"more": True})
    steps: int = Field(600, ge=24, le=1200, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    text: str = Field("the film was not boring", max_length=280)
    edit: str = Field("movie", max_length=40)
    at: int = Field(2, ge=1, le=SHOWN)
    backwards: bool = Field(False, json_schema_extra={"more": True})


def data(training: Training) -> tuple[str]:
    """Which of the files this run reads."""
    return (DATA[training.task != "reviews"],)


def texts(task: str) -> tuple[dict[str, int], Sentences, Sentences]:
    """The words → ids of a task, its training and its test sentences."""
    if task == "reviews":
        return vocabulary(WORDS), *review_split(WORDS)
    language = task.removeprefix("pairs_")
    return pair_vocabulary(language), *pair_split(language)


def train(training: Training) -> Iterator[Checkpoint]:
    """One small RNN that is asked for its answer after every word; ``scale`` multiplies its initial W_hh."""
    generator = torch.Generator().manual_seed(training.seed)
    known, learn, test = texts(training.task)
    model = seeded(StateReader(len(known), DIM, training.units), generator)
    W_hh = dict(model.rnn.named_parameters())["weight_hh_l0"].requires_grad_(training.recurrence)
    with torch.no_grad():
        W_hh.mul_(training.scale if training.recurrence else 0)
    optimiser = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=RATE)
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            weights = weights_of(**{training.task: model})
            yield Checkpoint(step, training.steps, measured(model, test), weights)
        if step == training.steps:
            return
        batch = learn.draw(BATCH, generator)
        optimiser.zero_grad()
        loss_at_every_word(model(batch.tokens)[1], batch).backward()
        optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """The text, the same text with one word replaced, and without its negation if it has one."""

    task: str
    weights: Step
    text: Unrolled
    edited: Unrolled
    at: int  # the place of the replaced word, from 1; 0 in an empty text
    backwards: bool
    negation: str  # the first one in the text, or nothing
    without: Unrolled

    @property
    def distances(self) -> Array:
        """‖h_t − h′_t‖ for t = 1 … T: (T,)."""
        return np.asarray(np.linalg.norm(self.text.states - self.edited.states, axis=1)[1:])

    @property
    def first_changed(self) -> int:
        """The first step whose state is not exactly the same after the edit; −1 if there is none."""
        changed = np.flatnonzero((self.text.states != self.edited.states).any(axis=1))
        return int(changed[0]) if len(changed) else -1


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Unroll the network over the text, the edited text, and the text without its negation."""
    task = next(iter(checkpoint.weights)).split(".")[0]
    known, weights = texts(task)[0], checkpoint.arrays(task)
    step = Step.of(weights, "rnn")
    score, bias = weights["score.weight"][0], weights["score.bias"][0]

    def unrolled(tokens: list[str]) -> Unrolled:
        ids = ids_of(tokens, known)
        vectors = weights["embed.weight"][ids].astype(np.float64)  # (T, d)
        states = unroll(vectors, step)
        return Unrolled(tokens, ids, vectors, states, states @ score + bias)

    tokens = tokenize(view.text)[:: -1 if view.backwards else 1]
    edited, new, at = list(tokens), tokenize(view.edit), min(view.at, len(tokens))
    if new and at:
        edited[at - 1] = new[0]
    negation = next((token for token in tokens if token in NEGATIONS), "")
    rest = [token for i, token in enumerate(tokens) if not negation or i != tokens.index(negation)]
    text = unrolled(tokens)
    numbers = {**checkpoint.numbers, "answer": float(text.answers[-1])}
    return Reading(
        checkpoint.step, checkpoint.of, numbers, task, step, text, unrolled(edited), at,
        view.backwards, negation, unrolled(rest) if negation else text,
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """The answer's logit, ‖h_1‖ and ‖h_T‖ (0 for an empty text), what saturates, where the edit begins."""
    text = reading.text
    norms, by_torch = np.linalg.norm(text.states, axis=1), torch_states(text.vectors, reading.weights)
    return {
        "logit_final": float(text.logits[-1]),
        "norm_first": float(norms[min(1, len(text.ids))]),
        "norm_last": float(norms[-1]),
        "saturated_share": float(text.saturated.mean()) if text.ids else 0.0,
        "first_changed_step": float(reading.first_changed),
        "accuracy": checkpoint.numbers["accuracy"],
        "difference_from_torch": float(np.abs(text.states - by_torch).max()),
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """Which word moved the answer, what the edit changed, and what the network missed."""
    text, numbers, final = reading.text, reading.numbers, reading.text.answers[-1]
    if not text.ids:
        return [Say("empty", {})]
    moved = int(np.abs(np.diff(text.answers)).argmax())
    path = {"before": text.answers[moved], "after": text.answers[moved + 1], "final": final}
    said = [Say("moved", {"word": text.tokens[moved], **path}), see_edit(reading)]
    if word := reading.negation:
        without = reading.without.answers[-1]
        key = "negation_turned" if (final > 0.5) != (without > 0.5) else "negation_missed"
        before, after = text.answers[text.tokens.index(word) :][:2]
        values = {"word": word, "with": final, "without": without, "before": before, "after": after}
        said.append(Say(key, values))
    kept = numbers["change_7"] / numbers["change_0"]
    said.append(Say("forgets" if kept < 0.8 else "keeps", {**numbers, "kept": kept}))
    if len(flat := np.flatnonzero(text.saturated >= 0.5)):
        said.append(Say("saturated", {"share": text.saturated.mean(), "step": int(flat[0]) + 1}))
    if not reading.weights.W_hh.any():
        said.append(Say("no_recurrence", {"word": text.tokens[-1]}))
    said.append(Say("accuracy_backwards" if reading.backwards else "accuracy", numbers))
    if UNKNOWN in text.ids:
        word = text.tokens[text.ids.index(UNKNOWN)]
        example = order_pairs(reading.task[-2:])[0].positive if reading.task != "reviews" else ""
        key = "unknown_pairs" if example else "unknown_reviews"
        said.append(Say(key, {"word": word, "example": example}))
    return said + [Say("shortened", {"shown": SHOWN, "n": len(text.ids)})] * (len(text.ids) > SHOWN)


def see_edit(reading: Reading) -> Say:
    """From which step on the states differ, and what is left of it at the end."""
    text, edited, first = reading.text, reading.edited, reading.first_changed
    values: dict[str, Any] = {"old": text.tokens[reading.at - 1], "new": edited.tokens[reading.at - 1]}
    if first < 0:
        return Say("edit_same" if values["old"] == values["new"] else "edit_unseen", values)
    values |= {"first": f"h{low(first)}", "now": reading.distances[first - 1], "last": reading.distances[-1]}
    values |= {"answer": text.answers[-1], "answer_edited": edited.answers[-1]}
    gone = "edit_gone" if values["last"] == 0 else "edit" if first > 1 else "edit_first"
    return Say("edit_last" if first == len(text.ids) else gone, values)


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """Where the scale of W_hh breaks the training; in how many seeds the answer is the same."""
    if field == "scale":
        best = max(range(len(values)), key=lambda i: readings[i].numbers["accuracy"])
        ends = {"best": values[best], "accuracy": readings[best].numbers["accuracy"], "scale": values[-1]}
        last = readings[-1].numbers
        falls = last["accuracy"] < ends["accuracy"] - 0.05
        return [Say("scale_breaks" if falls else "scale_holds", {**last, **ends, "end": last["accuracy"]})]
    answers = [reading.text.answers[-1] for reading in readings]
    counts = {"n": len(answers), "positive": sum(answer > 0.5 for answer in answers)}
    said = [Say("seeds", {**counts, "low": min(answers), "high": max(answers)})]
    if word := readings[-1].negation:
        sides = [(r.text.answers[-1] > 0.5, r.without.answers[-1] > 0.5) for r in readings]
        said.append(Say("seeds_negation", {**counts, "word": word, "turned": sum(a != b for a, b in sides)}))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """The first number of the last state, term by term; an empty text has none."""
    text, T = reading.text, len(reading.text.ids)
    if not T:
        return {}
    added = {key: float(value[0, 0]) for key, value in reading.weights.terms(*text.around(T)).items()}
    return {"T": T, "state": float(text.states[T][0]), **added}


def picture_unrolled(readings: Sequence[Reading]) -> Diagram:
    """States above, word vectors below, and what the network would answer if the text ended there."""
    last, frames = readings[-1].text, []
    shown = range(1, min(SHOWN, len(last.ids)) + 1)
    for text, step in ((reading.text, reading.weights) for reading in readings):
        added = step.terms(text.vectors[: len(shown)], text.states[: len(shown)])
        frame: dict[str, Any] = {"state0": text.states[0][:, None]}
        frame |= {key: added.pop(key) for key in ("b_ih", "b_hh")}
        for key, columns in added.items():
            frame |= {f"{key}{t}": column for t, column in zip(shown, columns, strict=True)}
        for t, answer in zip(shown, text.answers[1:], strict=False):
            frame |= {f"state{t}": text.states[t][:, None], f"vector{t}": text.vectors[t - 1][:, None]}
            frame |= {f"logit{t}": [[text.logits[t]]], f"answer{t}": [[answer]]}
        frames.append(frame)
    return unrolled_diagram(last, len(shown), frames, [reading.step for reading in readings])


def picture_edit(readings: Sequence[Reading]) -> Diagram:
    """The states of the text above, those of the edited text below, and how far apart they are."""
    last, frames = readings[-1], []
    shown = range(1, min(SHOWN, len(last.text.ids)) + 1)
    for reading in readings:
        frame: dict[str, Any] = {}
        for t, distance in zip(shown, reading.distances, strict=False):
            frame[f"state{t}"] = reading.text.states[t][:, None]
            frame[f"edited{t}"] = reading.edited.states[t][:, None]
            frame[f"distance{t}"] = [[distance]]
        frames.append(frame)
    return edit_diagram(last.text, last.edited, len(shown), frames, [reading.step for reading in readings])


def picture_by_hand(readings: Sequence[Reading]) -> Diagram:
    """The step at which the edit stands, written out with both matrices."""
    last, frames = readings[-1], []
    for reading in readings if last.at else []:
        step = reading.weights
        x, h = reading.text.around(last.at)
        own = {"x": x[None], "h": h[None], "W_ih": step.W_ih, "W_hh": step.W_hh}
        frames.append({**step.terms(x, h), **own, "state": reading.text.states[last.at][:, None]})
    return step_diagram(last.text, last.at, frames or [{}] * len(readings), [r.step for r in readings])


def picture_fade(readings: Sequence[Reading]) -> Chart:
    """How far the edit still moves the state, by the number of words since; beside it the test sentences."""
    own = [reading.distances[max(0, reading.at - 1) :].tolist() for reading in readings]
    return fade_chart(own, [reading.numbers for reading in readings], [reading.step for reading in readings])


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers on test sentences over the training, read forwards and backwards."""
    series = {"accuracy": "forward", "accuracy_backwards": "backward"}
    return curves(readings, series, "axis.accuracy", (0.2, 1.0), ("chance", readings[-1].numbers["chance"]))


def sweep_scale(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Accuracy, and the share of saturated numbers, against the scale of the initial W_hh."""
    series = {"accuracy": "rnn", "saturated": "followed"}
    return sweep_curves(values, readings, series, ("axis.scale", "axis.share"), (0.0, 1.0), log=True)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """The answer to the text, and the accuracy, in each seed."""
    series = {"accuracy": "rnn", "answer": "positive"}
    return sweep_curves(values, readings, series, ("axis.seed", "axis.share"), (0.0, 1.0))
