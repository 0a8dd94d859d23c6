"""LeNet-5: one small detector, slid over the whole picture, finds its stroke wherever it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.digits import digit_split
from explainers.support.lenet_digits import Moves, framed, looked_at, permute, test_digits
from explainers.support.lenet_hand import Walk, dense_shares, torch_difference, walk
from explainers.support.lenet_measure import NETS, answers, measured, right_under
from explainers.support.lenet_net import Dense, LeNet5, drawn
from explainers.support.measured import Measured

SECTION = "pictures"
ORDER = 110
DATA = ("mnist_10k.npz",)
HEADLINE = (
    "accuracy", "parameters", "accuracy_permuted", "accuracy_dense", "accuracy_dense_permuted",
    "difference_from_torch",
)  # fmt: skip
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "shift": {"shift_x": 6},
    "invert": {"invert": True},
    "rotate": {"rotate": 90},
    "permute": {"permute": True},
}
SWEEPS = {"seed": tuple(range(8))}
BATCH = 32
COUNT = 20  # checkpoints after the start


class Training(Settings):
    """What is trained: changing any of these trains again."""

    steps: int = Field(400, ge=20, le=1200)
    digits: int = Field(8000, ge=100, le=8000, json_schema_extra={"log": True, "more": True})
    rate: float = Field(0.01, ge=0.001, le=0.1, json_schema_extra={"log": True, "more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained networks again."""

    number: int = Field(3, ge=0, le=1999)
    shift_x: int = Field(0, ge=-8, le=8)
    shift_y: int = Field(0, ge=-8, le=8)
    rotate: int = Field(0, ge=-180, le=180, multiple_of=15)
    invert: bool = False
    permute: bool = False


def nets(generator: torch.Generator) -> dict[str, nn.Module]:
    """Two of each kind, one for digits as they are and one for permuted ones, from the same weights."""
    found: dict[str, nn.Module] = {}
    for name, kind in (("lenet", LeNet5), ("dense", Dense)):
        found[name] = drawn(kind(), generator)
        found[f"{name}_permuted"] = kind()
        found[f"{name}_permuted"].load_state_dict(found[name].state_dict())
    return found


def train(training: Training) -> Iterator[Checkpoint]:
    """All four on the same batches by Adam; the rate falls in a straight line to 0."""
    generator = torch.Generator().manual_seed(training.seed)
    learn = digit_split()[0].pick(slice(training.digits))
    x, labels = framed(learn.images), learn.labels  # (N, 1, 32, 32), (N,)
    mixed = permute(x, training.seed)
    four = nets(generator)
    optimiser = torch.optim.Adam([p for net in four.values() for p in net.parameters()], lr=training.rate)
    for step in range(training.steps + 1):
        last = step == training.steps
        if step in checkpoint_steps(training.steps, COUNT):
            numbers = measured(four, training.seed, last)
            yield Checkpoint(step, training.steps, numbers, weights_of(**four))
        if last:
            return
        for group in optimiser.param_groups:
            group["lr"] = training.rate * (1 - step / training.steps)
        rows = torch.randint(len(labels), (BATCH,), generator=generator)
        optimiser.zero_grad()
        for name, net in four.items():
            logits = net((mixed if name.endswith("permuted") else x)[rows])  # (B, 10)
            nn.functional.cross_entropy(logits, labels[rows]).backward()
        optimiser.step()
