"""Transfer: features learnt on one problem save data on another, if the first problem was wide enough."""

from collections.abc import Iterator, Mapping, Sequence
from time import thread_time
from typing import Any, Literal

import torch
from pydantic import Field

from explainers.support import transfer_diagrams as diagrams
from explainers.support import transfer_pictures as draw
from explainers.support.contract import Settings, checkpoint_steps
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves
from explainers.support.transfer_data import problem
from explainers.support.transfer_learning import KINDS, RATE, Contest, Kept, bases, learning, recorded, task
from explainers.support.transfer_reading import BASES, TARGETS, Reading, look
from explainers.support.transfer_reading import formula as formula
from explainers.support.transfer_reading import see as see
from explainers.support.transfer_reading import see_sweep as see_sweep

SECTION = "pictures"
ORDER = 130
DATA = ("mnist_10k.npz",)
PACKAGES = ("scikit-learn",)
HEADLINE = (
    "accuracy_scratch", "accuracy_frozen", "accuracy_tuned", "seconds_scratch", "seconds_frozen",
    "trained_share",
)  # fmt: skip
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "wide": {"base": "all", "target": "other"},
    "shuffled": {"labels": "shuffled"},
    "rate": {"rate": 0.1},
    "few_hands": {"base": "other", "target": "all"},
}
SWEEPS: Mapping[str, Sequence[Any]] = {"base": BASES, "seed": tuple(range(8))}


class Training(Settings):
    """What is trained: changing any of these trains again."""

    base: Literal["04", "59", "all", "other", "none"] = "04"
    target: Literal["59", "04", "all", "other"] = "59"
    labels: Literal["own", "shuffled"] = Field("own", json_schema_extra={"more": True})
    rate: float = Field(RATE, ge=0.001, le=1, json_schema_extra={"log": True, "more": True})
    base_steps: int = Field(300, ge=24, le=1000, json_schema_extra={"more": True})
    steps: int = Field(120, ge=24, le=480, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained nets again."""

    images: Literal["1", "3", "10", "30", "100"] = "10"
    digit: int = Field(1, ge=1, le=500, json_schema_extra={"more": True})


def used(training: Training) -> set[str]:
    """The collections of digits that a run reads: ``other`` hands, and MNIST's."""
    groups = {training.base, training.target} - {"none"}
    return {"other" if group == "other" else "mnist" for group in groups}


def data(training: Training) -> Sequence[str]:
    """The files of ``data/`` that this run reads."""
    return DATA if "mnist" in used(training) else ()


def packages(training: Training) -> Sequence[str]:
    """The packages that this run needs beside torch and numpy: only digits by other hands come in one."""
    return PACKAGES if "other" in used(training) else ()


def train(training: Training) -> Iterator[Kept]:
    """A base, then nets from nothing, frozen and fine-tuned on few images and on many; three times over.

    Checkpoints begin when the bases are trained.
    """
    generator = torch.Generator().manual_seed(training.seed)
    began = thread_time()
    starts = bases(training.base, training.labels == "shuffled", training.base_steps, generator)
    spent = thread_time() - began
    contest = Contest(task(training.target, generator), starts, training.rate, generator)
    facts = {
        "base": float(BASES.index(training.base)), "target": float(TARGETS.index(training.target)),
        "shuffled": float(training.labels == "shuffled"),
    }  # fmt: skip
    for step in learning(contest, training.steps, generator):
        if step in checkpoint_steps(training.steps, 20):
            yield recorded(step, training.steps, contest, training.base, spent, facts)


def read(checkpoint: Kept, view: View) -> Reading:
    """Send one test digit through the nets of the first draw that learnt from so many images."""
    return look(checkpoint, int(view.images), view.digit)


def headline(checkpoint: Kept, reading: Reading) -> dict[str, float]:
    """Accuracies at the chosen number of images, mean of the draws; CPU seconds that one net from nothing and
    one head took, without the base; what part of the numbers learn where the features are frozen.
    """
    return {
        **{f"accuracy_{kind}": reading.accuracy(kind) for kind in KINDS},
        "seconds_scratch": checkpoint.seconds["scratch"], "seconds_frozen": checkpoint.seconds["frozen"],
        "trained_share": checkpoint.learnt["frozen"] / checkpoint.learnt["scratch"],
    }  # fmt: skip


def warm() -> None:
    """Load what the first reading would have to wait for."""
    problem(Training().target)


def picture_learning(readings: Sequence[Reading]) -> Chart:
    """Right answers against the number of training images, over the training."""
    return draw.learning_chart(readings)


def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers over the training, with the chosen number of images."""
    series = {f"accuracy_{kind}_{readings[-1].size}": kind for kind in KINDS}
    return curves(readings, series, "axis.accuracy", (0.0, 1.0), ("chance", readings[-1].numbers["chance"]))


def picture_forgetting(readings: Sequence[Reading]) -> Chart:
    """Right answers on the base's own problem while the new one is learnt."""
    return draw.forgetting_chart(readings)


@of_run
def picture_cost(readings: Sequence[Reading]) -> Chart:
    """CPU time of one net, and how many numbers it learns."""
    return draw.cost_chart(readings)


def picture_filters(readings: Sequence[Reading]) -> Diagram:
    """What the first layer looks for in each net, and what the base's makes of one digit."""
    return diagrams.filters_diagram(readings)


def picture_head(readings: Sequence[Reading]) -> Diagram:
    """The logits of one digit, worked out from its frozen features."""
    return diagrams.head_diagram(readings)


def picture_layers(readings: Sequence[Reading]) -> Diagram:
    """Which layers have a gradient, and how far each has moved."""
    return diagrams.layers_diagram(readings)


def sweep_base(values: Sequence[str], readings: Sequence[Reading]) -> Chart:
    """What frozen features of each base gain on nets from nothing."""
    return draw.bases_chart(values, readings)


def sweep_seed(values: Sequence[int], readings: Sequence[Reading]) -> Chart:
    """The learning curves of every seed, and their means."""
    return draw.seeds_chart(readings)
