"""What a network on this page is shown: a digit as the training digits were prepared, and then moved."""

from functools import cache, lru_cache
from math import cos, pi, sin
from typing import NamedTuple

import torch
from torch import Tensor, nn

from explainers.support.contract import Array
from explainers.support.digits import Digits, digit_split
from explainers.support.drawing import prepared
from explainers.support.lenet_net import EDGE, SIDE


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


@cache
def unseen() -> Digits:
    """The 2,000 digits that no training here saw."""
    return digit_split()[1]


@lru_cache(maxsize=256)
def looked_at(drawing: str, number: int, moves: Moves) -> tuple[Array, int]:
    """The drawing, or, if it is empty, a test digit, after ``moves`` (32, 32); its label (−1: drawn)."""
    test = unseen()
    image = torch.as_tensor(prepared(drawing))[None] if drawing else test.images[number : number + 1]
    x = moved(framed(image), moves)
    return x[0, 0].double().numpy(), -1 if drawing else int(test.labels[number])
