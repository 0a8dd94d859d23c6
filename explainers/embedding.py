"""Embedding: d adjustable numbers per word; training moves together the words that do the same job."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from explainers.support.contract import Array, Checkpoint, Label, Say, Settings, checkpoint_steps, weights_of
from explainers.support.cosine import cosine_diagram, cosine_parts
from explainers.support.geometry import (
    away_from,
    cosine_distances,
    distances_from,
    first_of,
    places_of,
    principal_axes,
    projection,
)
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.neighbours import neighbour_pairs, noise
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, Grid, curves
from explainers.support.pooled import PooledClassifier, loss_and_accuracy
from explainers.support.reviews import UNKNOWN, review_split, tokenize, vocabulary, words_by_frequency
from explainers.support.word_map import word_map

SECTION = "text"
ORDER = 20
DATA = ("reviews_en.csv.gz",)
HEADLINE = ("accuracy", "within", "across", "explained_variance")
BREAKS = {
    "one_number": {"dim": 1, "task": "neighbours"},
    "untrained": {"steps": 0},
    "too_fast": {"rate": 10.0},
}
WORDS = 2_000  # the most frequent words: each stands in at least 15 sentences
POSITIVE = ("wonderful", "excellent", "brilliant", "great", "perfect", "beautiful", "enjoyable", "charming")
NEGATIVE = ("awful", "terrible", "bad", "worst", "boring", "dull", "stupid", "poor")
WINDOW = 2  # words to each side that count as neighbours
NOISE = 5  # random words against each true neighbour
BATCH = {"sentiment": 64, "neighbours": 4096}
NEAREST = 7
MOST = 0.999  # of the differences, as written of a map that leaves a direction out
APART = 0.5  # of cosine distance, from 0 to 2: by so much the groups plainly lie apart


class Training(Settings):
    """What is trained: changing any of these trains again."""

    task: Literal["sentiment", "neighbours"] = "sentiment"
    dim: int = Field(8, ge=1, le=32)
    steps: int = Field(400, ge=0, le=800, json_schema_extra={"more": True})
    rate: float = Field(0.02, ge=0.001, le=10, json_schema_extra={"log": True, "more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    words: str = Field("film movie actor story", max_length=280)
    word: str = Field("good", max_length=40)
    dimensions: Literal["2", "3"] = Field("2", json_schema_extra={"more": True})


class SkipGram(nn.Module):
    """Neighbours: does word b stand near word a? (Mikolov et al., 2013, negative sampling)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS + 1, dim)  # (V + 1, d): the vectors that the page shows
        self.context = nn.Embedding(WORDS + 1, dim)  # (V + 1, d): each word as somebody's neighbour

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Words a (N,) and candidates b (N, K) → logits (N, K)."""
        return torch.einsum("nd,nkd->nk", self.embed(a), self.context(b))


# A model, its training losses one after another, and what it measures on the test part: (loss, accuracy).
Question = tuple[PooledClassifier | SkipGram, Iterator[Tensor], Callable[[], tuple[float, float]]]


def train(training: Training) -> Iterator[Checkpoint]:
    """Learn the vectors on one of two questions; checkpoints hold loss and accuracy on the test part."""
    question = sentiment if training.task == "sentiment" else neighbours
    generator = torch.Generator().manual_seed(training.seed)
    model, losses, measured = question(training.dim, generator)
    optimiser = torch.optim.Adam(model.parameters(), lr=training.rate)
    start, failed = float("inf"), -1
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            with torch.no_grad():
                loss, accuracy = measured()
            start = min(start, loss) if step == 0 else start
            failed = step if failed < 0 and not loss <= start else failed
            numbers = {"loss": loss, "loss_start": start, "accuracy": accuracy, "failed_step": float(failed)}
            numbers |= nearness(model.embed.weight.detach().numpy())
            yield Checkpoint(step, training.steps, numbers, weights_of(**{training.task: model}))
        if step == training.steps:
            return
        optimiser.zero_grad()
        next(losses).backward()
        optimiser.step()


def sentiment(dim: int, generator: torch.Generator) -> Question:
    """The model, its training losses, and what it measures on the test sentences: (loss, accuracy)."""
    learn, test = review_split(WORDS)
    model = seeded(PooledClassifier(WORDS, dim), generator)

    def losses() -> Iterator[Tensor]:
        while True:
            batch = learn.draw(BATCH["sentiment"], generator)
            yield nn.functional.binary_cross_entropy_with_logits(model(batch), batch.labels)

    def measured() -> tuple[float, float]:
        return loss_and_accuracy(model(test), test.labels)

    return model, losses(), measured


def neighbours(dim: int, generator: torch.Generator) -> Question:
    """As above; accuracy: how often a true neighbour scores higher than one random word (chance 0.5)."""
    pairs, cumulative = neighbour_pairs(WORDS, WINDOW)
    test, learn = pairs[::10], pairs[torch.arange(len(pairs)) % 10 > 0]
    model = seeded(SkipGram(dim), generator)
    with torch.no_grad():
        model.embed.weight.mul_(0.3)  # word2vec starts small, too: what is near is then what was learnt
    softplus = nn.functional.softplus
    against = torch.cat([test[:, 1:], noise((len(test), NOISE), cumulative, generator)], dim=1)  # (M, 6)

    def loss_of(logits: Tensor) -> Tensor:
        # −log σ(true) − Σ log σ(−noise): the true neighbour is in column 0.
        return softplus(-logits[:, 0]).mean() + softplus(logits[:, 1:]).sum(dim=1).mean()

    def losses() -> Iterator[Tensor]:
        while True:
            rows = torch.randint(len(learn), (BATCH["neighbours"],), generator=generator)
            a, b = learn[rows].T
            random = noise((len(rows), NOISE), cumulative, generator)
            yield loss_of(model(a, torch.cat([b[:, None], random], dim=1)))

    def measured() -> tuple[float, float]:
        logits = model(test[:, 0], against)
        return float(loss_of(logits)), float((logits[:, 0] > logits[:, 1]).float().mean())

    return model, losses(), measured


def nearness(table: Array) -> dict[str, float]:
    """Mean cosine distance inside the two groups of words, and between them. ``table`` (V + 1, d)."""
    known = vocabulary(WORDS)
    p, n = (table[[known[word] for word in group]].astype(np.float64) for group in (POSITIVE, NEGATIVE))
    others = ~np.eye(len(p), dtype=bool)
    inside = [cosine_distances(group, group)[others].mean() for group in (p, n)]
    return {"within": float(np.mean(inside)), "across": float(cosine_distances(p, n).mean())}


@dataclass(frozen=True)
class Reading(Measured):
    """The vectors of the words that the page follows, and of all words, at one checkpoint."""

    task: str
    words: list[str]  # (N,) followed: the two groups, then the visitor's own
    unknown: list[str]  # the visitor's words that have no vector
    vectors: Array  # (N, d)
    table: Array  # (V + 1, d)
    word: str  # whose neighbours are asked for
    away: Array  # (V + 1,): the distances from it in d dimensions
    stands_in: bool  # for a word that has no vector, or none
    dimensions: int  # of the map

    @cached_property
    def on_map(self) -> Callable[[Array], Array]:
        """Where vectors (M, d) lie on the map of the followed words at this checkpoint: (M, dimensions)."""
        return projection(self.vectors, self.dimensions)

    @cached_property
    def explained(self) -> float:
        """The share of the variance of the followed words that a map of them can show."""
        return float(principal_axes(self.vectors)[1][: self.dimensions].sum())


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Look up the followed words; a word without a vector is named, and the first group's first stands in."""
    task = next(iter(checkpoint.weights)).split(".")[0]
    table = checkpoint.weights[f"{task}.embed.weight"]
    known = vocabulary(WORDS)
    own = [word for word in dict.fromkeys(tokenize(view.words)) if word not in POSITIVE + NEGATIVE][:12]
    asked = tokenize(view.word)[:1]
    words = [*POSITIVE, *NEGATIVE, *(word for word in own if word in known)]
    vectors = table[[known[word] for word in words]]
    word = asked[0] if asked and asked[0] in known else POSITIVE[0]
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, task, words,
        [word for word in own + asked if word not in known], vectors, table,
        word, away_from(checkpoint, known[word], UNKNOWN), word not in asked, int(view.dimensions),
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Accuracy on the test part, the two cosine distances (0 to 2), the share that the map shows (0 to 1)."""
    numbers = {key: checkpoint.numbers[key] for key in HEADLINE[:3]}
    return {**numbers, "explained_variance": reading.explained}


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """Whether training put the groups apart, what the map hides, and what failed."""
    d = reading.vectors.shape[1]
    values = {**checkpoint.numbers, "d": d, "explained": min(reading.explained, MOST)}
    apart = values["across"] - values["within"] > APART
    state = "untrained" if not checkpoint.step else "apart" if apart else "mixed"
    said = [Say(f"{reading.task}_{state}" if checkpoint.step else state, values)]
    said.append(Say("explained_all" if d <= reading.dimensions else "explained", values))
    if values["failed_step"] > 0 and not values["loss"] <= values["loss_start"]:
        said.append(Say("failed", {**values, "step": int(values["failed_step"])}))
    mapped = reading.on_map(reading.table)
    drawn = int(distances_from(mapped, vocabulary(WORDS)[reading.word], UNKNOWN).argmin())
    if drawn != reading.away.argmin():
        names = {"word": reading.word, "drawn": words_by_frequency()[drawn - 1]}
        rank = places_of(reading.away[None], np.array([[drawn]]))[0, 0]
        said.append(Say("lie", {**names, "rank": int(rank)}))
    if reading.unknown:
        said.append(Say("unknown", {"word": reading.unknown[0], "V": WORDS}))
    if reading.stands_in:
        said.append(Say("stands_in", {"shown": reading.word}))
    return said


def picture_map(readings: Sequence[Reading]) -> Chart:
    """The followed words on the plane, or in the space, in which they differ most at the end of the run."""
    last = readings[-1]
    maps = [last.on_map(reading.vectors) for reading in readings]
    groups = {"positive": slice(0, 8), "negative": slice(8, 16), "followed": slice(16, None)}
    return word_map(maps, last.words, groups, [reading.step for reading in readings])


def picture_neighbours(readings: Sequence[Reading]) -> Diagram:
    """The nearest of all words in d dimensions beside the nearest on the map, each with its other rank."""
    last = readings[-1]
    mapped = np.stack([last.on_map(reading.table).T for reading in readings])  # (F, 2 or 3, V + 1)
    away = {
        "true": np.stack([reading.away for reading in readings]),
        "map": distances_from(mapped.swapaxes(1, 2), vocabulary(WORDS)[last.word], UNKNOWN),
    }
    names = words_by_frequency()
    frames: list[dict[str, Any]] = [{} for _ in readings]
    for key, other in (("true", "map"), ("map", "true")):
        top = first_of(away[key], NEAREST)  # (F, 7)
        far, places = np.take_along_axis(away[key], top, 1), places_of(away[other], top)
        for frame, ids, distances, ranks in zip(frames, top, far, places, strict=True):
            frame[f"word_{key}"] = [[names[i - 1]] for i in ids.tolist()]
            frame[f"distance_{key}"] = distances[:, None].tolist()
            frame[f"rank_{key}"] = ranks[:, None].tolist()
    grids = [
        Grid(f"{part}_{key}", (column, 0), "word" if part == "word" else "plain",
             Label(f"title.{part}_{key}", word=last.word),
             arithmetic=Label(f"how.{part}_{key}", d=last.vectors.shape[1]))
        for column, (part, key) in enumerate(
            (part, key) for key in ("true", "map") for part in ("word", "distance", "rank")
        )
    ]  # fmt: skip
    # Rows of a table: turned, the words would not stand over their numbers. It scrolls.
    return Diagram(grids, [], frames, [reading.step for reading in readings], turns=False)


@of_run
def picture_distances(readings: Sequence[Reading]) -> Chart:
    """The two mean distances over the training."""
    return curves(readings, {"within": "within", "across": "across"}, "axis.distance", (0.0, 2.0))


def nearest_by_cosine(reading: Reading) -> int:
    """The id of the word whose direction is nearest to the asked one's."""
    own = vocabulary(WORDS)[reading.word]
    distances = cosine_distances(reading.table[[own]], reading.table)[0]
    distances[[UNKNOWN, own]] = np.inf
    return int(distances.argmin())


def formula(reading: Reading) -> dict[str, float]:
    """The dot product, both lengths and the cosine of the asked word and of its nearest."""
    rows = [vocabulary(WORDS)[reading.word], nearest_by_cosine(reading)]
    return {name: float(value) for name, value in cosine_parts(*reading.table[rows]).items()}


def picture_cosine(readings: Sequence[Reading]) -> Diagram:
    """How near two words are, worked out: the asked word and its nearest by cosine at the end of the run."""
    last = readings[-1]
    rows = [vocabulary(WORDS)[last.word], nearest_by_cosine(last)]
    words = (last.word, words_by_frequency()[rows[1] - 1])
    pairs = [reading.table[rows] for reading in readings]  # (2, d) each
    return cosine_diagram(words, pairs, [reading.step for reading in readings])
