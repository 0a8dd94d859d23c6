"""What the page on LeNet-5 reads from a checkpoint, and what follows from it without a network."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explainers.support.contract import Array
from explainers.support.digits import CLASSES
from explainers.support.lenet_digits import Moves, unseen
from explainers.support.lenet_hand import Walk, convolved, kernels, squashed
from explainers.support.lenet_net import KERNEL, TABLE
from explainers.support.measured import Measured


@dataclass(frozen=True, eq=False)
class Reading(Measured):
    """One digit on its way through LeNet-5, what the dense net says to it, and the test digits' answers."""

    x: Array  # (32, 32)
    label: int  # −1: drawn
    moves: Moves
    weights: Mapping[str, Array]
    walk: Walk
    dense: Array  # shares (10,)
    answers: Array  # (N,) of the first N test digits
    cell: tuple[str, int, int, int]  # layer, map, row, column, from 1
    pair: tuple[int, int]  # a digit, and what it was taken for

    @property
    def pairs(self) -> Array:
        """Of each test digit what it is and what it was taken for, as one number from 0 to 99: (N,)."""
        labels: Array = unseen().labels[: len(self.answers)].numpy()
        return labels * CLASSES + self.answers

    @property
    def confusion(self) -> Array:
        """How many test digits of each class (rows) were taken for each (columns): (10, 10)."""
        return np.bincount(self.pairs, minlength=CLASSES * CLASSES).reshape(CLASSES, CLASSES)

    @property
    def most_confused(self) -> tuple[int, int, int]:
        """The most frequent mistake: the digit, what it was taken for, how often."""
        wrong = self.confusion * (1 - np.eye(CLASSES, dtype=np.int64))
        true, taken = divmod(int(wrong.argmax()), CLASSES)
        return true, taken, int(wrong[true, taken])

    def of_pair(self, true: int, taken: int) -> Array:
        """Which test digits are ``true`` and were taken for ``taken``: their numbers (K,)."""
        return np.flatnonzero(self.pairs == true * CLASSES + taken)

    @property
    def place(self) -> tuple[str, int, int, int]:
        """The chosen cell, counted from 0; beyond the last map, row or column it is the last."""
        layer, map_, row, column = self.cell
        maps = self.walk.maps[layer]
        return (layer, *(min(i, most) - 1 for i, most in zip((map_, row, column), maps.shape, strict=True)))

    @property
    def under(self) -> list[tuple[int, Array, Array]]:
        """What lies under the kernel of the chosen cell: of each map that it looks at (its number, x, w)."""
        layer, k, r, c = self.place
        below = self.x[None] if layer == "C1" else self.walk.maps["S2"]
        kernel = kernels(self.weights, layer)[k]  # (in, 5, 5)
        sources = [0] if layer == "C1" else list(TABLE[k])
        return [(i, below[i, r : r + KERNEL, c : c + KERNEL], kernel[i]) for i in sources]

    @property
    def by_hand(self) -> dict[str, float]:
        """The chosen cell: Σ x · w, the bias, what comes out; where it is, from 1."""
        layer, k, r, c = self.place
        total = sum(float((x * w).sum()) for _, x, w in self.under)
        bias = float(self.weights[f"{layer}.bias"][k])
        out = float(squashed(np.array(total + bias)))
        return {"sum": total, "bias": bias, "in": total + bias, "out": out,
                "map": k + 1.0, "row": r + 1.0, "column": c + 1.0}  # fmt: skip


def gap(numbers: Mapping[str, float], kind: str) -> float:
    """By how much LeNet-5 recognises more new digits than the dense net; ``kind``: "" or "_permuted"."""
    return numbers[f"accuracy_lenet{kind}"] - numbers[f"accuracy_dense{kind}"]


def held_still(reading: Reading) -> dict[str, float]:
    """Shifted back, by how much C1 differs from what it says to the digit where it stood.

    Compared where both look at the same ink: away from the edges, across which the shift moved something.
    """
    right, down = reading.moves.shift_x, reading.moves.shift_y
    back = np.roll(reading.x, (-down, -right), axis=(0, 1))
    still = convolved(back[None], kernels(reading.weights, "C1"), reading.weights["C1.bias"])  # (6, 28, 28)
    moved = np.roll(reading.walk.sums["C1"], (-down, -right), axis=(1, 2))
    inside = (slice(None), *(slice(max(0, -by), 28 - max(0, by)) for by in (down, right)))
    return {
        "right": right, "down": down,
        "difference": float(np.abs(still[inside] - moved[inside]).max()),
    }  # fmt: skip
