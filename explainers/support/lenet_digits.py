"""What a network on this page is shown: a digit as the training digits were prepared, and then moved."""

from functools import cache, lru_cache
from math import cos, pi, sin
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.contract import Array
from explainers.support.digits import Digits, digit_split
from explainers.support.lenet_net import EDGE, SIDE

BOX = 20  # pixels: the longer side of every digit of MNIST


class Moves(NamedTuple):
    """What is done to a digit, in this order; ``permuted`` by the seed of the run (−1: not)."""

    rotate: int = 0  # degrees, counterclockwise
    shift_x: int = 0  # pixels, to the right
    shift_y: int = 0  # pixels, down
    invert: bool = False
    permuted: int = -1


@cache
def permutation(seed: int) -> Tensor:
    """Where each of the 784 pixels of a permuted digit comes from: (784,), the same for all digits."""
    return torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(seed))


def permute(x: Tensor, seed: int) -> Tensor:
    """Exchange the pixels of x (N, 1, 32, 32), all digits alike. The margin stays where it is."""
    inner = x[..., EDGE:-EDGE, EDGE:-EDGE].flatten(1)[:, permutation(seed)]  # (N, 784)
    mixed = x.clone()
    mixed[..., EDGE:-EDGE, EDGE:-EDGE] = inner.reshape(-1, 1, SIDE, SIDE)
    return mixed


def framed(images: Tensor) -> Tensor:
    """Digits (N, 28, 28) with an empty margin, as a network takes them: (N, 1, 32, 32)."""
    return nn.functional.pad(images, (EDGE, EDGE, EDGE, EDGE))[:, None]


def shifted(x: Tensor, right: int, down: int) -> Tensor:
    """Move x (…, S, S) by whole pixels; what leaves the field is lost, and paper comes in."""
    S = x.shape[-1]
    moved = torch.zeros_like(x)
    to = [slice(max(0, by), S + min(0, by)) for by in (down, right)]
    of = [slice(max(0, -by), S - max(0, by)) for by in (down, right)]
    moved[..., to[0], to[1]] = x[..., of[0], of[1]]
    return moved


def rotated(x: Tensor, degrees: int) -> Tensor:
    """Turn x (N, 1, S, S) counterclockwise around its middle; between pixels the mean of the nearest four."""
    if degrees % 360 == 0:
        return x
    c, s = cos(degrees * pi / 180), sin(degrees * pi / 180)
    turn = torch.tensor([[c, -s, 0.0], [s, c, 0.0]], dtype=x.dtype).expand(len(x), 2, 3)
    grid = nn.functional.affine_grid(turn, list(x.shape), align_corners=False)  # (N, S, S, 2)
    return nn.functional.grid_sample(x, grid, align_corners=False)


def moved(x: Tensor, moves: Moves) -> Tensor:
    """Digits x (N, 1, 32, 32) after all ``moves``."""
    x = shifted(rotated(x, moves.rotate), moves.shift_x, moves.shift_y)
    x = 1 - x if moves.invert else x
    return permute(x, moves.permuted) if moves.permuted >= 0 else x


def prepared(image: Array) -> Array:
    """A drawing (h, w), 0 paper to 1 ink, as the digits of MNIST were prepared: (28, 28).

    The ink is scaled so that its longer side has 20 pixels, each the mean of what falls into it, and
    its centre of mass comes to stand in the middle. A drawing without ink stays empty.
    """
    rows, columns = (np.flatnonzero((image > 0.1).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.float32)
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(ink.shape)
    small = averages(ink.shape[0], scale) @ ink @ averages(ink.shape[1], scale).T  # (≤ 20, ≤ 20)
    mass = small.sum()
    at = [float(np.arange(n) @ small.sum(axis=1 - axis) / mass) for axis, n in enumerate(small.shape)]
    top, left = (
        min(max(round((SIDE - 1) / 2 - middle), 0), SIDE - n)
        for middle, n in zip(at, small.shape, strict=True)
    )
    whole = np.zeros((SIDE, SIDE), np.float32)
    whole[top : top + small.shape[0], left : left + small.shape[1]] = small
    return np.clip(whole, 0, 1)


def averages(size: int, scale: float) -> Array:
    """The matrix (n, size) that makes n pixels of ``size``: each row the mean of what falls into its pixel."""
    n = max(1, round(size * scale))
    edges = np.linspace(0, size, n + 1)
    cells = np.arange(size)
    parts = np.minimum(cells + 1, edges[1:, None]) - np.maximum(cells, edges[:-1, None])
    return np.asarray(np.clip(parts, 0, None) * n / size)


@cache
def test_digits() -> Digits:
    """The 2,000 digits that no training here saw."""
    return digit_split()[1]


@lru_cache(maxsize=256)
def looked_at(number: int, moves: Moves) -> tuple[Array, int]:
    """A test digit after ``moves`` (32, 32), and which digit it is."""
    test = test_digits()
    x = moved(framed(test.images[number : number + 1]), moves)
    return x[0, 0].double().numpy(), int(test.labels[number])
