"""One sentence, the whole way: words, integers, one-hot rows, vectors, their mean, a score."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import tanh
from typing import Any

import torch
from pydantic import Field
from torch import nn

from explainers.support.contract import Checkpoint, Label, Say, Settings, checkpoint_steps, weights_of
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.pictures import Arrow, Diagram, Grid, Stage
from explainers.support.pooled import PooledClassifier, loss_and_accuracy
from explainers.support.reviews import UNKNOWN, ids_of, review_split, tokenize, vocabulary

SECTION = "home"
ORDER = 0
DATA = ("reviews_en.csv.gz",)
HEADLINE = ("tokens", "unknown", "score", "accuracy")
BREAKS = {
    "unknown_words": {"text": "the zorgle was flumptious"},
    "order": {"text": "not good , bad"},
}
WORDS = 20_800
BATCH = 64
SHOWN = 8  # tokens on the picture; the mean is over all of them


class Training(Settings):
    """What is trained: changing any of these trains again."""

    dim: int = Field(4, ge=2, le=8)
    steps: int = Field(480, ge=24, le=600, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    text: str = Field("the film is a wonderful surprise", max_length=280)


def train(training: Training) -> Iterator[Checkpoint]:
    """Learn good from bad on the real reviews, yielding checkpoints of weights, loss and test accuracy."""
    generator = torch.Generator().manual_seed(training.seed)
    learn, test = review_split(WORDS)
    model = seeded(PooledClassifier(WORDS, training.dim), generator)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    loss_of = nn.functional.binary_cross_entropy_with_logits
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            with torch.no_grad():
                loss, accuracy = loss_and_accuracy(model(test), test.labels)
            numbers = {"loss": loss, "accuracy": accuracy}
            yield Checkpoint(step, training.steps, numbers, weights_of(pooled=model))
        if step == training.steps:
            return
        batch = learn.draw(BATCH, generator)
        optimiser.zero_grad()
        loss_of(model(batch), batch.labels).backward()
        optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """What becomes of one text at one checkpoint."""

    tokens: list[str]
    ids: list[int]
    vectors: list[list[float]]  # (T, d)
    mean: list[float]  # (d,)
    weight: list[float]  # (d,) of the score
    bias: float
    logit: float

    @property
    def score(self) -> float:
        """The probability of *positive*, from 0 to 1: σ(z) = (1 + tanh(z / 2)) / 2."""
        return 0.5 + 0.5 * tanh(self.logit / 2)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Ask the model at this checkpoint about a text; a text without words has no vectors and a mean of 0."""
    tokens = tokenize(view.text)
    known = vocabulary(WORDS)
    ids = ids_of(tokens, known)
    table = checkpoint.weights["pooled.embed.weight"]  # (V + 1, d)
    weight = checkpoint.weights["pooled.score.weight"][0]  # (d,)
    bias = float(checkpoint.weights["pooled.score.bias"][0])
    vectors = table[ids]  # (T, d)
    mean = vectors.mean(axis=0) if ids else 0 * weight  # (d,)
    logit = float(mean @ weight) + bias
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, tokens, ids, vectors.tolist(), mean.tolist(),
        weight.tolist(), bias, logit,
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Tokens of the text, unknown ones, the score from 0 to 1, the accuracy on the test sentences."""
    return {
        "tokens": float(len(reading.tokens)),
        "unknown": float(reading.ids.count(UNKNOWN)),
        "score": reading.score,
        "accuracy": checkpoint.numbers["accuracy"],
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What the model says of the text, and why it may be wrong."""
    if not reading.tokens:
        return [Say("empty", {})]
    values = {"score": reading.score, "accuracy": checkpoint.numbers["accuracy"], "n": len(reading.tokens)}
    said = [Say("positive" if reading.logit > 0 else "negative", values)]
    strongest = max(range(len(reading.tokens)), key=lambda i: abs(pull(reading, i)))
    said.append(Say("strongest", {"word": reading.tokens[strongest], "pull": pull(reading, strongest)}))
    if UNKNOWN in reading.ids:
        said.append(Say("unknown", {"word": reading.tokens[reading.ids.index(UNKNOWN)]}))
    if len(reading.tokens) > SHOWN:
        said.append(Say("shortened", {"shown": SHOWN, "n": len(reading.tokens)}))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """The score of this text, step by step; a text without words has none."""
    if not reading.tokens:
        return {}
    w_mean = reading.logit - reading.bias
    return {"n": len(reading.tokens), "w_mean": w_mean, "bias": reading.bias, "score": reading.score}


def pull(reading: Reading, token: int) -> float:
    """How far one token moves the logit: its vector · the score's weights, shared among T tokens."""
    vector, weight = reading.vectors[token], reading.weight
    return sum(v * w for v, w in zip(vector, weight, strict=True)) / len(reading.tokens)


def around(i: int) -> list[int]:
    """Three columns of a word's one-hot row, enough for a picture: its own and those beside it."""
    first = min(max(i - 1, 0), WORDS - 2)
    return [first, first + 1, first + 2]


def picture_journey(readings: Sequence[Reading]) -> Diagram:
    """Words → integers → one-hot × W → vectors → mean → score, stage under stage, one column per word."""
    last = readings[-1]
    shown = range(min(SHOWN, len(last.tokens)))
    dim = len(last.mean)
    middle, end = len(shown) // 2, 3 * len(shown)
    grids, arrows = [], []
    for t in shown:
        word, name, row, vector = f"word{t}", f"id{t}", f"row{t}", f"vector{t}"
        grids += [
            Grid(word, (t, 0), "word", step=t, narrow=(0, 3 * t)),
            Grid(name, (t, 1), "plain", step=t, arithmetic=Label("how.id", word=last.tokens[t]),
                 narrow=(1, 3 * t)),
            Grid(row, (t, 2), "binary", step=t, still=True,
                 arithmetic=Label("how.row", V=WORDS), narrow=(0, 3 * t + 1)),
            Grid(vector, (t, 3), step=t, arithmetic=Label("how.vector", t=t), narrow=(0, 3 * t + 2)),
        ]  # fmt: skip
        arrows += [Arrow(word, name), Arrow(name, row), Arrow(row, vector), Arrow(vector, "mean")]
    terms = " + ".join(f"{{vector{t}:r,0}}" for t in shown)
    whole = len(last.tokens) <= SHOWN
    dots = " + ".join(f"{{mean:{i},0}}·{{weight:{i},0}}" for i in range(dim))
    grids += [
        Grid("mean", (middle, 4), narrow=(0, end),
             arithmetic=f"({terms}) / {len(shown)} = {{self}}" if shown and whole else ""),
        Grid("weight", (0, 4), "hidden"),
        Grid("bias", (0, 4), "hidden"),
        Grid("logit", (0, 4), "hidden"),
        Grid("score", (middle + 1, 4), "share", title=Label("stage.score"), narrow=(0, end + 1),
             arithmetic=f"σ({dots} + {{bias:0,0}}) = σ({{logit:0,0}}) = {{self}}"),
    ]  # fmt: skip
    arrows.append(Arrow("mean", "score"))
    same: dict[str, Any] = {}  # whatever the model has learnt
    for t in shown:
        same[f"word{t}"], same[f"id{t}"] = [[last.tokens[t]]], [[last.ids[t]]]
        same[f"row{t}"] = [[int(i == last.ids[t]) for i in around(last.ids[t])]]
    frames = []
    for reading in readings:
        frame: dict[str, Any] = {
            **same,
            "mean": [[v] for v in reading.mean],
            "weight": [[v] for v in reading.weight],
            "bias": [[reading.bias]],
            "logit": [[reading.logit]],
            "score": [[reading.score]],
        }
        for t in shown:
            frame[f"vector{t}"] = [[v] for v in reading.vectors[t]]
        frames.append(frame)
    scale = max([abs(v) for reading in readings for vector in reading.vectors for v in vector] + [1.0])
    stages = [
        Stage(0, Label("stage.words"), "one_hot"),
        Stage(1, Label("stage.ids"), "one_hot"),
        Stage(2, Label("stage.row"), "one_hot"),
        Stage(3, Label("stage.vectors"), "embedding"),
        Stage(4, Label("stage.mean"), "average_pooling"),
    ]
    steps = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, steps, scale, ("mean", 0, 0), stages)
