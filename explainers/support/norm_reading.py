"""Two nets, with and without batch norm, looked at over the same test digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explainers.support.contract import Array, Checkpoint
from explainers.support.measured import Measured
from explainers.support.norm_measure import SEEN, Layer, arranged, refusal, signals, torch_difference, walk
from explainers.support.norm_nets import EPS, WIDTH, batch_statistics
from explainers.support.once import once

TRAINS = 0.5  # a rate trains if with it at least this share of new digits is right; guessing gets 0.1
DEAD = 0.01  # a layer is dead if less than this part of the pixels' spread over the images leaves it
BINS, REACH = 40, 4.0  # of the histograms; what lies beyond ±REACH is in the outermost bins
FEW, UNITS = 4, 3  # digits and units worked out by hand
# Beyond these the slope of the activation is below a twentieth of its largest: there it is flat.
FLAT = {"sigmoid": 4.36, "tanh": 2.18, "relu": 0.0}


@dataclass(frozen=True)
class Reading(Measured):
    """Both nets over 200 test digits; where one layer and unit are meant, those of ``layer`` and ``unit``."""

    activation: str
    place: str
    mode: str
    order: str
    layer: int  # from 1
    unit: int  # from 1
    refused: str  # torch's own words, where it refuses to train
    hills: dict[str, Array]  # net → (L, BINS): shares of all pre-activations of a layer
    needles: dict[str, Array]  # net → (L, BINS): of those of one unit
    signals: dict[str, Array]  # net → (L,): the part of the pixels' spread that leaves each layer
    flat: dict[str, Array]  # net → (L,): share of the pre-activations at which the activation is flat
    signs: float  # share of normalised numbers beyond ±0.9
    own: Array  # (2, H): mean and standard deviation of every unit over one batch
    kept: Array  # (2, H): the running ones
    by_hand: dict[str, Array]  # raw, hat, y (UNITS, FEW); mean, var, gamma, beta (UNITS, 1)
    labels: list[int]  # (FEW,): of the digits worked out by hand
    first_unit: int  # the first of those worked out, from 1

    def along(self, key: str, net: str) -> list[float]:
        """What was measured at this step, one number per layer: ``signal`` or ``gradient`` of a net. (L,).

        In train mode, 200 mixed digits as one batch; ``signals`` is of the batches that are looked at.
        """
        return [self.numbers[f"{key}_{net}_{i}"] for i in range(1, len(self.hills[net]) + 1)]


def shares(values: Tensor) -> Array:
    """A histogram of values as shares (BINS,) of all that are numbers; zeros if none is."""
    found = values[values.isfinite()].clamp(-REACH, REACH)
    counts = torch.histc(found, BINS, -REACH, REACH).numpy()
    return np.asarray(counts / max(1, len(found)))


def by_unit(values: Tensor) -> Array:
    """The same for each unit of values (N, H): (H, BINS), in single precision."""
    return np.stack([shares(column) for column in values.T]).astype(np.float32)


def flat_share(layer: Layer, activation: str) -> float:
    """The share of a layer's pre-activations at which the activation is flat."""
    edge = FLAT[activation]
    return float(((layer.into.abs() > edge) if edge else (layer.into < 0)).double().mean())


@dataclass(frozen=True)
class Inside:
    """Both nets over the test digits: all that does not depend on the layer and unit that are looked at."""

    hills: dict[str, Array]  # net → (L, BINS)
    needles: dict[str, Array]  # net → (L, H, BINS), float32
    signals: dict[str, Array]  # net → (L,)
    flat: dict[str, Array]  # net → (L,)
    signs: list[float]  # (L,), of the net with batch norm, like the rest
    own: list[Array]  # (L,) of (2, H)
    kept: list[Array]  # (L,) of (2, H)
    few: list[Layer]  # what FEW digits make of each layer
    labels: list[int]  # (FEW,)
    refused: str


@once
def inside(checkpoint: Checkpoint, activation: str, place: str, mode: str, order: str) -> Inside:
    """Send the test digits through both nets, in train mode in batches of the training's size."""
    batch = int(checkpoint.numbers["batch"])
    x, labels = arranged(order)
    x = x[: SEEN // batch * batch]  # (N, 196), whole batches
    refused = refusal(torch.zeros(1, WIDTH)) if batch == 1 else ""
    weights = {net: checkpoint.state(net) for net in ("with", "without")}
    together = batch if mode == "train" and not refused else 0
    layers = {
        "with": walk(weights["with"], x, activation, place, together)[0],
        "without": walk(weights["without"], x, activation, "", 0)[0],
    }
    signs, own, kept = [], [], []
    for i, layer in enumerate(layers["with"]):
        gamma, beta, mean, var = (
            weights["with"][f"norm.{i}.{part}"].double()
            for part in ("weight", "bias", "running_mean", "running_var")
        )  # (H,) each
        hat = ((layer.out if place == "after" else layer.into) - beta) / gamma  # (N, H)
        signs.append(float((hat.abs() > 0.9).double().mean()))
        now = batch_statistics(layer.raw[:batch])  # (1, H) each
        own.append(torch.cat([now[0], now[1].sqrt()]).numpy())
        kept.append(torch.stack([mean, var.sqrt()]).numpy())
    return Inside(
        {net: np.stack([shares(one.into) for one in each]) for net, each in layers.items()},
        {net: np.stack([by_unit(one.into) for one in each]) for net, each in layers.items()},
        {net: np.array(signals(each, x)) for net, each in layers.items()},
        {net: np.array([flat_share(one, activation) for one in each]) for net, each in layers.items()},
        signs, own, kept,
        walk(weights["with"], x[:FEW], activation, place, FEW if mode == "train" else 0)[0],
        labels[:FEW].tolist(), refused,
    )  # fmt: skip


def look(
    checkpoint: Checkpoint, activation: str, place: str, mode: str, order: str, layer: int, unit: int
) -> Reading:
    """Both nets over the test digits, and one layer and unit of them."""
    seen = inside(checkpoint, activation, place, mode, order)
    layer = min(layer, len(seen.few))
    few, prefix = seen.few[layer - 1], f"with.norm.{layer - 1}."
    start = min(unit, WIDTH - UNITS + 1) - 1
    columns = {
        "raw": few.raw.numpy(),
        "mean": few.mean[0].numpy(),
        "var": few.var[0].numpy(),
        "gamma": checkpoint.weights[prefix + "weight"][None].astype(float),
        "beta": checkpoint.weights[prefix + "bias"][None].astype(float),
    }
    by_hand = {name: value[:, start : start + UNITS].T for name, value in columns.items()}
    by_hand["hat"] = (by_hand["raw"] - by_hand["mean"]) / np.sqrt(by_hand["var"] + EPS)
    by_hand["y"] = by_hand["gamma"] * by_hand["hat"] + by_hand["beta"]
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, activation, place, mode, order, layer, unit,
        seen.refused, seen.hills, {net: each[:, unit - 1] for net, each in seen.needles.items()},
        seen.signals, seen.flat, seen.signs[layer - 1], seen.own[layer - 1], seen.kept[layer - 1],
        by_hand, seen.labels, start + 1,
    )  # fmt: skip


@once
def difference_from_torch(checkpoint: Checkpoint, activation: str, place: str) -> float:
    """``torch_difference`` of the net with batch norm, over the digits that are looked at as one batch."""
    weights = checkpoint.state("with")
    return torch_difference(weights, walk(weights, arranged("mixed")[0][:SEEN], activation, place, SEEN)[0])


def dead_layer(signals: Sequence[float]) -> int:
    """The first layer, from 1, that less than DEAD of the pixels' spread leaves; −1 if there is none.

    A layer whose numbers are no numbers is dead, too.
    """
    return next((i for i, signal in enumerate(signals, start=1) if not signal >= DEAD), -1)


def trained_rates(numbers: Mapping[str, float], net: str) -> dict[float, float]:
    """Learning rate → accuracy on test digits, rising."""
    start = f"accuracy_{net}_"
    return dict(sorted((float(k.removeprefix(start)), v) for k, v in numbers.items() if k.startswith(start)))


def largest_rate(numbers: Mapping[str, float], net: str) -> float:
    """The largest learning rate that trains; 0 if none does."""
    return max((r for r, accuracy in trained_rates(numbers, net).items() if accuracy >= TRAINS), default=0.0)
