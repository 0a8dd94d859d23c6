"""What the detector is shown and asked: 1 to 3 digits in noise, pairs in one cell, digits of any size."""

from functools import lru_cache

import torch
from torch import Tensor

from explainers.support.digits import Digits, digit_split
from explainers.support.scenes import Scenes, drawn, ink_boxes, scenes

SIDE = 84  # pixels of a scene's side
GRID = 7  # cells of the grid's side
CELL = SIDE // GRID  # pixels of a cell's side
MOST = 3  # digits in a scene
SEEN = (14.0, 30.0)  # pixels: the longer side of a digit, in training and in the test scenes
CLOSE = 20.0  # the same, of digits that stand side by side
LARGE = (50.0, 72.0)
SIZES = (10, 14, 18, 22, 26, 30, 36, 42, 48, 54, 60, 66, 72)  # pixels, asked one after the other
ASKED = 200  # scenes of each kind
EACH = 24  # digits, the same at every size


def joined(parts: list[Scenes]) -> Scenes:
    """Scenes of different numbers of digits as one: where one has fewer than MOST, label −1 and no box."""
    boxes, labels = [], []
    for part in parts:
        missing = MOST - part.labels.shape[1]
        boxes.append(torch.nn.functional.pad(part.boxes, (0, 0, 0, missing)))  # (N, MOST, 4)
        labels.append(torch.nn.functional.pad(part.labels, (0, missing), value=-1))  # (N, MOST)
    images, masks = (torch.cat([getattr(part, key) for part in parts]) for key in ("images", "masks"))
    return Scenes(images, masks, torch.cat(boxes), torch.cat(labels))


def beside(
    generator: torch.Generator, count: int, digits: Digits, longest: float
) -> tuple[Tensor, Tensor, Tensor]:
    """``count`` pairs of digits that shall stand side by side, a pixel apart.

    The longer side of both is the same, from SEEN's least to ``longest`` pixels. Returns rows (N, 2) of
    ``digits``, the boxes (N, 2, 4) of the ink in them, and the sizes (N, 2, 2) that they shall have.
    """
    rows = torch.randint(len(digits.labels), (count, 2), generator=generator)
    ink = ink_boxes(digits.images[rows.flatten()]).reshape(count, 2, 4)
    sides = ink[..., 2:] - ink[..., :2]  # (N, 2, 2): width, height
    size = SEEN[0] + (longest - SEEN[0]) * torch.rand(count, 1, 1, generator=generator)
    return rows, ink, sides * size / sides.amax(dim=2, keepdim=True)


def between(sides: Tensor) -> Tensor:
    """How far the centres of such pairs are from one another: (N,)."""
    return sides[..., 0].mean(dim=1) + 1


def put(
    generator: torch.Generator,
    digits: Digits,
    pairs: tuple[Tensor, Tensor, Tensor],
    middle: Tensor,
    noise: float,
) -> Scenes:
    """Scenes with pairs around ``middle`` (N, 2) = x, y."""
    rows, ink, sides = pairs
    N = len(rows)
    centres = middle[:, None].repeat(1, 2, 1)  # (N, 2, 2)
    centres[:, :, 0] += between(sides)[:, None] * torch.tensor([-0.5, 0.5])
    boxes = torch.cat([centres - sides / 2, centres + sides / 2], dim=2)  # (N, 2, 4)
    each = drawn(digits.images[rows.flatten()], ink.reshape(-1, 4), boxes.reshape(-1, 4), SIDE)
    clean = each.reshape(N, 2, SIDE, SIDE).amax(dim=1)
    images = (clean + noise * torch.randn(clean.shape, generator=generator)).clamp(0, 1)
    return joined([Scenes(images, (clean >= 0.5).float(), boxes, digits.labels[rows])])


def mixed(generator: torch.Generator, count: int, noise: float, testing: bool = False) -> Scenes:
    """``count`` scenes in random order: a quarter each with 1, 2, 3 digits, and with 2 side by side."""
    digits = digit_split()[testing]
    parts = [
        scenes(generator, (count + k) // 4, SIDE, digits, k + 1, noise, SEEN) for k in range(MOST)
    ]  # fmt: skip
    pairs = beside(generator, (count + 3) // 4, digits, CLOSE)
    wide = torch.stack([pairs[2][..., 0].sum(dim=1) + 1, pairs[2][..., 1].amax(dim=1)], dim=1)  # (N, 2)
    middle = wide / 2 + torch.rand(wide.shape, generator=generator) * (SIDE - wide)
    parts = [joined(parts), put(generator, digits, pairs, middle, noise)]
    return joined(parts).pick(torch.randperm(count, generator=generator))


def pairs(generator: torch.Generator, count: int, noise: float, cells: int) -> Scenes:
    """Two small test digits side by side that do not touch, their centres in one cell or in two.

    The same pairs, at the same height, in the same noise: with ``cells`` = 2 they only stand half a cell
    further to the right, so that a border of the grid passes between the two centres.
    """
    digits = digit_split()[1]
    many = beside(generator, 8 * count, digits, SEEN[0])
    fits = (between(many[2]) < CELL - 1).nonzero()[:count, 0]
    rows, ink, sides = (part[fits] for part in many)
    cell = torch.randint(1, GRID - 1, (count, 2), generator=generator)  # column, row
    inside = torch.stack([torch.full((count,), cells / 2), torch.rand(count, generator=generator)], dim=1)
    return put(generator, digits, (rows, ink, sides), (cell + inside) * CELL, noise)


@lru_cache(maxsize=16)
def asked(kind: str, noise: float) -> Scenes:
    """The fixed scenes, of test digits, of a kind of the view, or ``sizes``: EACH digits at all SIZES."""
    generator = torch.Generator().manual_seed(2016)
    digits = digit_split()[1]
    if kind == "test":
        return mixed(generator, ASKED, noise, testing=True)
    if kind == "large":
        return joined([scenes(generator, ASKED, SIDE, digits, 1, noise, LARGE)])
    if kind == "sizes":
        parts = []
        for size in SIZES:
            generator.manual_seed(2016)  # the same digits, the same noise
            parts.append(scenes(generator, EACH, SIDE, digits, 1, noise, (float(size), float(size))))
        return joined(parts)
    return pairs(generator, ASKED, noise, 1 if kind == "same_cell" else 2)


def middles(boxes: Tensor) -> Tensor:
    """Centres (…, 2) = x, y of boxes (…, 4)."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2
