"""One-hot: a word's number is only a name, and one-hot writes the name so that arithmetic cannot lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from explainers.support.contract import Array, Checkpoint, Label, Say, Settings, checkpoint_steps, weights_of
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.memory import memory_chart
from explainers.support.once import of_run
from explainers.support.one_hot_rows import between, one_hot_rows
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, curves
from explainers.support.pooled import loss_and_accuracy
from explainers.support.reviews import (
    UNKNOWN,
    Sentences,
    chance,
    corpus_tokens,
    ids_of,
    review_split,
    tokenize,
    vocabulary,
)
from explainers.support.reviews import words_by_frequency as by_frequency

SECTION = "text"
ORDER = 10
DATA = ("reviews_en.csv.gz",)
HEADLINE = (
    "vocabulary", "tokens", "zero_share", "megabytes_text", "megabytes_corpus",
    "distance_min", "distance_max", "accuracy_ids", "accuracy_one_hot", "accuracy_embedding",
)  # fmt: skip
BREAKS = {
    "unknown_word": {"text": "the zorgle is a wonderful surprise"},
    "few_words": {"vocabulary": 100},
    "all_words": {"vocabulary": 20_800},
}
MODELS = ("ids", "one_hot", "embedding")
BATCH = 64
FLOAT = 4  # bytes of a float32
INTEGER = 8  # bytes of an int64, as torch holds ids
SHOWN = 6  # tokens on a picture
PAIRED = 5  # of them in the tables of distances


class Training(Settings):
    """What is trained: changing any of these trains again."""

    vocabulary: int = Field(20_800, ge=100, le=20_800, json_schema_extra={"log": True})
    dim: int = Field(4, ge=1, le=8)
    steps: int = Field(240, ge=24, le=600, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    text: str = Field("the film is a wonderful surprise", max_length=280)


def mean_one_hot(batch: Sentences, V: int) -> Tensor:
    """The mean of each sentence's one-hot rows, (N, V), added up without holding the T × V zeros."""
    known = (batch.tokens > UNKNOWN) / batch.lengths[:, None]  # (N, T): 1/T where a known word stands
    return torch.zeros(len(batch.lengths), V).scatter_add_(1, (batch.tokens - 1).clamp(min=0), known)


def mean_id(batch: Sentences, V: int) -> Tensor:
    """The mean of each sentence's ids, as a number from 0 to 1: (N, 1)."""
    return (batch.tokens.sum(dim=1) / batch.lengths / V)[:, None]


class OnNumbers(nn.Module):
    """A linear classifier of the numbers that a sentence is given as: one weight for each."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(size, 1)

    def forward(self, mean: Tensor) -> Tensor:
        """Means (N, size) → logits (N,)."""
        return self.score(mean).squeeze(-1)


class OnEmbedding(nn.Module):
    """The same classifier on d learnt numbers a word: one-hot × W, written as picking a row of W."""

    def __init__(self, V: int, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(V + 1, dim, padding_idx=UNKNOWN)  # (V + 1, d)
        self.score = nn.Linear(dim, 1)

    def forward(self, batch: Sentences) -> Tensor:
        """Sentences (N, T) → logits (N,)."""
        mean = self.embed(batch.tokens).sum(dim=1) / batch.lengths[:, None]  # (N, d); padding is row 0: zeros
        return self.score(mean).squeeze(-1)


def train(training: Training) -> Iterator[Checkpoint]:
    """Three linear classifiers on the same batches of real reviews, measured on the same test sentences."""
    generator = torch.Generator().manual_seed(training.seed)
    learn, test = review_split(V := training.vocabulary)
    models = {
        "ids": seeded(OnNumbers(1), generator),
        "one_hot": seeded(OnNumbers(V), generator),
        "embedding": seeded(OnEmbedding(V, training.dim), generator),
    }
    # One-hot inputs are means with entries of 1/T, and each word is rare: its weights need larger steps.
    rates = {"ids": 0.02, "one_hot": 0.2, "embedding": 0.02}
    optimisers = [
        torch.optim.Adam(model.parameters(), lr=rates[name], fused=True) for name, model in models.items()
    ]
    given = {"ids": mean_id(test, V), "one_hot": mean_one_hot(test, V), "embedding": test}
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            numbers = {"chance": chance(test.labels)}
            with torch.no_grad():
                for name, model in models.items():
                    loss, accuracy = loss_and_accuracy(model(given[name]), test.labels)
                    numbers |= {f"loss_{name}": loss, f"accuracy_{name}": accuracy}
            yield Checkpoint(step, training.steps, numbers, weights_of(**models))
        if step == training.steps:
            return
        batch = learn.draw(BATCH, generator)
        inputs = (mean_id(batch, V), mean_one_hot(batch, V), batch)
        for model, optimiser, numbers_in in zip(models.values(), optimisers, inputs, strict=True):
            optimiser.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(model(numbers_in), batch.labels).backward()
            optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """One text as ids and as one-hot rows, and what the trained models make of all texts."""

    V: int
    d: int
    tokens: list[str]
    ids: list[int]  # (T,)
    table: Array  # (V + 1, d): W, after a row for unknown words
    distances_ids: list[list[float]]  # (K, K) between the K distinct known words
    distances: list[list[float]]  # (K, K) between their one-hot rows
    cosines: list[list[float]]  # (K, K)

    @cached_property
    def vectors(self) -> list[list[float]]:
        """The rows of W that the words pick: (T, d)."""
        rows: list[list[float]] = self.table[self.ids].tolist()
        return rows

    @cached_property
    def difference(self) -> float:
        """The largest |one-hot × W − nn.Embedding| over the first 24 words."""
        if not (shown := self.ids[: SHOWN * 4]):
            return 0.0
        picked = nn.functional.embedding(torch.tensor(shown), torch.tensor(self.table))
        product = one_hot_rows(shown, self.V) @ self.table[1:]  # (T, V) × (V, d) → (T, d)
        return float(np.abs(picked.numpy() - product).max())

    @property
    def ones(self) -> int:
        """How many ones the T × V table of this text has: one for each known word."""
        return sum(i != UNKNOWN for i in self.ids)

    @property
    def zero_share(self) -> float:
        """The share of zeros in the table of this text; not a number where it has no rows."""
        return 1 - self.ones / (len(self.ids) * self.V) if self.ids else np.nan

    @property
    def megabytes(self) -> dict[str, float]:
        """Millions of bytes: this text and all reviews, as one-hot rows of float32 and as int64 ids."""
        T, N = len(self.ids), corpus_tokens()
        return {
            "text_ids": T * INTEGER / 1e6,
            "text": T * self.V * FLOAT / 1e6,
            "corpus_ids": N * INTEGER / 1e6,
            "corpus": N * self.V * FLOAT / 1e6,
        }


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Measure one text in the vocabulary of this run; a text without a known word has no distances."""
    table = checkpoint.weights["embedding.embed.weight"]  # (V + 1, d)
    V, d = len(table) - 1, table.shape[1]
    ids = ids_of(tokens := tokenize(view.text), vocabulary(V))
    distinct = tuple(sorted(set(ids) - {UNKNOWN})[:SHOWN])
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, V, d, tokens, ids, table, *between(distinct, V)
    )


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Sizes of the table, distances between its rows, accuracies; not a number where there is none."""
    pairs = [d for i, row in enumerate(reading.distances) for d in row[:i]]
    return {
        "vocabulary": float(reading.V),
        "tokens": float(len(reading.tokens)),
        "zero_share": reading.zero_share,
        "megabytes_text": reading.megabytes["text"],
        "megabytes_corpus": reading.megabytes["corpus"],
        "distance_min": min(pairs, default=np.nan),
        "distance_max": max(pairs, default=np.nan),
        **{f"accuracy_{name}": checkpoint.numbers[f"accuracy_{name}"] for name in MODELS},
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What the table costs, what a sum of ids means, and which classifier could use its input."""
    if not reading.tokens:
        return [Say("empty", {})]
    T, V = len(reading.ids), reading.V
    values = {"T": T, "V": V, "cells": T * V, "ones": reading.ones, "share": reading.zero_share}
    said = [Say("zeros", values)]
    if UNKNOWN in reading.ids:
        said.append(Say("unknown", {"word": reading.tokens[reading.ids.index(UNKNOWN)], "V": V}))
    known = [(t, i) for t, i in zip(reading.tokens, reading.ids, strict=True) if i != UNKNOWN]
    for (a, ia), (b, ib) in pairwise(known):
        if a != b and ia + ib <= V:
            word = by_frequency()[ia + ib - 1]
            said.append(Say("sum", {"a": a, "ia": ia, "b": b, "ib": ib, "sum": ia + ib, "word": word}))
            break
    values = {name: checkpoint.numbers[f"accuracy_{name}"] for name in MODELS}
    values["chance"] = checkpoint.numbers["chance"]
    near = values["ids"] < (values["one_hot"] + values["chance"]) / 2
    said.append(Say("trained" if near else "not_yet", values))
    if len(reading.tokens) > SHOWN:
        said.append(Say("shortened", {"shown": SHOWN, "n": T}))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """The number 0 of the row that the first known word picks, and the largest difference to nn.Embedding."""
    rows = zip(reading.ids, reading.vectors, strict=True)
    known = ({"i": i, "first": row[0], "difference": reading.difference} for i, row in rows if i != UNKNOWN)
    return next(known, {})


def columns(reading: Reading) -> list[int | None]:
    """Which columns of the table a picture shows: the words' own, the last, and None for the many between."""
    chosen = sorted({*(i for i in reading.ids[:SHOWN] if i != UNKNOWN), reading.V})
    shown: list[int | None] = [chosen[0]] if chosen[0] == 1 else [None, chosen[0]]
    for before, column in pairwise(chosen):
        shown += [column] if column == before + 1 else [None, column]
    return shown


def picture_table(readings: Sequence[Reading]) -> Diagram:
    """Words → ids → one-hot rows; × W → the rows of W that the words pick."""
    last = readings[-1]
    T, shown = min(SHOWN, len(last.tokens)), columns(last)
    names = ["⋯" if i is None else str(i) for i in shown]
    rows = [[None if column is None else int(column == i) for column in shown] for i in last.ids[:T]]
    grids = [
        Grid("words", (0, 0), "word", title=Label("title.words", T=len(last.tokens))),
        Grid("ids", (1, 0), "plain", title=Label("title.ids"), arithmetic=Label("how.id")),
        Grid("one_hot", (2, 0), "binary", title=Label("title.one_hot", T=len(last.tokens), V=last.V),
             columns=names, arithmetic=Label("how.one_hot", V=last.V)),
        Grid("vectors", (3, 0), title=Label("title.vectors", d=last.d),
             arithmetic=Label("how.vector", V=last.V)),
    ]  # fmt: skip
    arrows = [Arrow("words", "ids"), Arrow("ids", "one_hot"), Arrow("one_hot", "vectors", "× W")]
    same = {"words": [[t] for t in last.tokens[:T]], "ids": [[i] for i in last.ids[:T]], "one_hot": rows}
    frames = [{**same, "vectors": reading.vectors[:T]} for reading in readings]
    start = ("vectors", 0, 0) if T else None
    return Diagram(grids, arrows, frames, [reading.step for reading in readings], 2.0, start)


def picture_distances(readings: Sequence[Reading]) -> Diagram:
    """Between any two words of the text: how far apart their ids are, and their one-hot rows."""
    last = readings[-1]
    names = [by_frequency()[i - 1] for i in sorted(set(last.ids) - {UNKNOWN})[:PAIRED]]
    tables = {"by_id": last.distances_ids, "by_row": last.distances, "cosine": last.cosines}
    frame = {name: [row[:PAIRED] for row in table[:PAIRED]] for name, table in tables.items()}
    grids = [
        Grid(name, (place, 0), "plain", Label(f"title.{name}"), rows=names, columns=names,
             arithmetic=Label(f"how.{name}"), digits=3)
        for place, name in enumerate(frame)
    ]  # fmt: skip
    return Diagram(grids, [], [frame], [last.step])


def picture_memory(readings: Sequence[Reading]) -> Chart:
    """Bytes as ids and as dense one-hot rows, on a scale of powers of ten."""
    bars = {"corpus": "one_hot", "corpus_ids": "ids", "text": "one_hot", "text_ids": "ids"}
    return memory_chart({key: 1e6 * readings[-1].megabytes[key] for key in bars}, bars, readings[-1].step)


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """The test accuracy of the three classifiers over the training."""
    series = {f"accuracy_{name}": name for name in MODELS}
    return curves(readings, series, "axis.accuracy", (0.4, 1.0), ("chance", readings[-1].numbers["chance"]))
