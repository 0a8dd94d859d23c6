"""YOLO: one look at a scene, a box from every cell of a grid, a rule that throws away what is said twice."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import Field

from explainers.support.contract import Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram
from explainers.support.precomputed import precomputed
from explainers.support.yolo_charts import (
    learning_chart,
    loss_chart,
    pairs_chart,
    precision_chart,
    sizes_chart,
)
from explainers.support.yolo_net import Detector, fresh, loss_parts
from explainers.support.yolo_pictures import decoding_diagram, scene_diagram, suppression_diagram
from explainers.support.yolo_reading import Reading, measured, read_scene
from explainers.support.yolo_says import formula_of, sentences
from explainers.support.yolo_scenes import asked, mixed

SECTION = "pictures"
ORDER = 150
DATA = ("mnist_10k.npz",)
PRECOMPUTED = "yolo.npz"
HEADLINE = ("map50", "precision", "recall", "boxes_before", "boxes_after")
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "same_cell": {"kind": "same_cell", "scene": 1},
    "two_cells": {"kind": "two_cells", "scene": 1},
    "large": {"kind": "large", "scene": 1},
    "threshold": {"confidence": 0},
}
BATCH = 16
AHEAD = 25  # steps whose scenes are made together
RATE = 0.02  # of Adam at its highest; it rises for WARM steps and falls to 0 at the end
WARM = 20


class Training(Settings):
    """What is trained: changing any of these trains again."""

    noise: float = Field(0.15, ge=0.0, le=0.5, json_schema_extra={"more": True})
    empty: float = Field(0.5, ge=0.01, le=20.0, json_schema_extra={"log": True, "more": True})
    place: float = Field(5.0, ge=0.1, le=50.0, json_schema_extra={"log": True, "more": True})
    steps: int = Field(1000, ge=50, le=1500, multiple_of=10, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained detector again."""

    kind: Literal["test", "same_cell", "two_cells", "large"] = "test"
    scene: int = Field(126, ge=1, le=200)
    confidence: int = Field(20, ge=0, le=95)
    nms: int = Field(50, ge=5, le=95)


def train(training: Training) -> Iterator[Checkpoint]:
    """Show ever new scenes, 16 at a time; learn from the cells that hold a centre and from the empty ones."""
    generator = torch.Generator().manual_seed(training.seed)
    net = fresh(generator)
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps, 10):
            yield recorded(step, training, net)
        if step == training.steps:
            return
        if step % AHEAD == 0:
            ahead = mixed(generator, BATCH * AHEAD, training.noise)
        batch = ahead.pick(slice(step % AHEAD * BATCH, (step % AHEAD + 1) * BATCH))
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM) * (1 - step / training.steps)
        parts = loss_parts(net(batch.images), batch, training.place, training.empty)  # images (16, 84, 84)
        optimiser.zero_grad()
        torch.stack([*parts.values()]).sum().backward()
        optimiser.step()


def recorded(step: int, training: Training, net: Detector) -> Checkpoint:
    """The detector and what it makes of the test scenes. Its weights are kept with 16 bits: half the file."""
    kept = {
        name: value.astype("float16") if value.dtype == "float32" else value
        for name, value in weights_of(detector=net).items()
    }
    checkpoint = Checkpoint(step, training.steps, {"noise": training.noise}, kept)
    same = Detector()
    same.load_state_dict(checkpoint.state("detector"))
    same.eval()
    scenes = asked("test", training.noise)
    with torch.no_grad():
        parts = loss_parts(same(scenes.images), scenes, training.place, training.empty)
    losses = {f"loss_{name}": float(part) for name, part in parts.items()}
    numbers = {**checkpoint.numbers, "loss": sum(losses.values()), **losses, **measured(same, training.noise)}
    return Checkpoint(step, training.steps, numbers, kept)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Ask the detector about one scene."""
    return read_scene(checkpoint, view.kind, view.scene, view.confidence, view.nms)


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Over the test scenes, at the view's thresholds; boxes per scene, before and after the suppression."""
    test = reading.on_all("test")
    before, after = test.per_scene(reading.confidence)
    return {
        "map50": test.map50,
        "precision": test.precision(reading.confidence),
        "recall": test.recall(reading.confidence),
        "boxes_before": before,
        "boxes_after": after,
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What became of this scene's boxes; the test scenes; two digits in one cell; sizes never seen."""
    return sentences(reading, headline(checkpoint, reading))


def formula(reading: Reading) -> dict[str, float]:
    """The box of the cell with the highest score."""
    return formula_of(reading)


def warm() -> None:
    """Make the test scenes, and ask the run that ships about them: what everybody sees first."""
    if run := precomputed("yolo", Training()):
        see(run.checkpoints[-1], read(run.checkpoints[-1], View()))


def picture_scene(readings: Sequence[Reading]) -> Diagram:
    """The scene with its boxes, and how sure each cell is."""
    return scene_diagram(readings)


def picture_suppression(readings: Sequence[Reading]) -> Diagram:
    """Non-maximum suppression, step by step."""
    return suppression_diagram(readings)


def picture_pairs(readings: Sequence[Reading]) -> Chart:
    """Two digits whose centres share a cell, and the same two in two cells."""
    return pairs_chart(readings)


def picture_sizes(readings: Sequence[Reading]) -> Chart:
    """Which sizes are found."""
    return sizes_chart(readings)


def picture_precision(readings: Sequence[Reading]) -> Chart:
    """Precision over recall on the test scenes."""
    return precision_chart(readings)


@of_run
def picture_learning(readings: Sequence[Reading]) -> Chart:
    """Mean average precision over the training."""
    return learning_chart(readings)


@of_run
def picture_loss(readings: Sequence[Reading]) -> Chart:
    """The four parts of the loss over the training."""
    return loss_chart(readings)


def picture_decoding(readings: Sequence[Reading]) -> Diagram:
    """From raw outputs to boxes, by hand."""
    return decoding_diagram(readings)
