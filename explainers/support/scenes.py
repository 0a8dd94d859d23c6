"""Scenes: a few real handwritten digits of different heights, put into noise; each place is known exactly."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainers.support.digits import Digits

INK = 0.5  # a pixel of a digit with at least so much ink belongs to it
TRIES = 100  # rounds in which digits that touch are put elsewhere; after that they stay


@dataclass(frozen=True)
class Scenes:
    """N scenes of S × S pixels with K digits each.

    images (N, S, S): grey from 0 (paper) to 1 (ink), noise and all; masks (N, S, S): 1 where a digit is;
    boxes (N, K, 4): x0, y0, x1, y1 of each digit's ink in pixels; labels (N, K): which digit.
    """

    images: Tensor
    masks: Tensor
    boxes: Tensor
    labels: Tensor

    def pick(self, rows: Tensor | slice) -> "Scenes":
        """The scenes of ``rows``."""
        return Scenes(self.images[rows], self.masks[rows], self.boxes[rows], self.labels[rows])


def ink_boxes(images: Tensor) -> Tensor:
    """The smallest boxes (N, 4) = x0, y0, x1, y1 that hold the ink of images (N, H, W)."""
    ink = images >= INK
    edges = []
    for held in (ink.any(dim=1), ink.any(dim=2)):  # columns (N, W), rows (N, H)
        first = held.float().argmax(dim=1)  # (N,)
        last = held.shape[1] - held.flip(1).float().argmax(dim=1)  # (N,)
        edges.append((first, last))
    (x0, x1), (y0, y1) = edges
    return torch.stack([x0, y0, x1, y1], dim=1).float()


def places(generator: torch.Generator, sizes: Tensor, size: int) -> Tensor:
    """Corners (N, K, 2) for boxes of ``sizes`` (N, K, 2) inside the scene, none on another if it goes."""
    N, K, _ = sizes.shape
    room = (size - sizes).clamp(min=0)  # (N, K, 2)
    corners = torch.zeros_like(sizes)
    again = torch.arange(N)
    for _ in range(TRIES):
        corners[again] = torch.rand(len(again), K, 2, generator=generator) * room[again]
        a, b = corners[:, :, None], corners[:, None]  # (N, K, 1, 2), (N, 1, K, 2)
        meet = ((a < b + sizes[:, None]) & (b < a + sizes[:, :, None])).all(dim=-1)  # (N, K, K)
        again = (meet.sum(dim=(1, 2)) > K).nonzero().squeeze(1)  # each box meets itself
        if not len(again):
            break
    return corners


def drawn(digits: Tensor, ink: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Digits (N, H, W) on empty scenes (N, S, S), their ink boxes (N, 4) scaled to fill ``boxes`` (N, 4)."""
    N, _, wide = digits.shape
    centre = (torch.arange(size) + 0.5).expand(N, size)  # (N, S): of the scene's pixels
    at = []
    for low in (0, 1):  # x, y
        share = (centre - boxes[:, low, None]) / (boxes[:, low + 2] - boxes[:, low])[:, None]
        source = ink[:, low, None] + share * (ink[:, low + 2] - ink[:, low])[:, None]  # (N, S)
        at.append(2 * source / wide - 1)  # as grid_sample counts: −1 to 1
    x, y = at
    grid = torch.stack([x[:, None].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1)
    return nn.functional.grid_sample(digits[:, None], grid, align_corners=False)[:, 0]  # (N, S, S)


def scenes(
    generator: torch.Generator,
    count: int,
    size: int,
    digits: Digits,
    per_scene: int = 2,
    noise: float = 0.3,
    heights: tuple[float, float] = (16.0, 24.0),
) -> Scenes:
    """``count`` new scenes of ``size`` × ``size`` pixels.

    Args:
        generator: where all chance comes from.
        count: how many scenes.
        size: of a scene, in pixels.
        digits: which digits to draw from: those for training, or those for testing.
        per_scene: how many digits stand in each.
        noise: the standard deviation of what is added to every pixel.
        heights: the least and the largest height of a digit, in pixels; all between are equally likely.

    """
    rows = torch.randint(len(digits.labels), (count * per_scene,), generator=generator)  # (N·K,)
    picked, (low, high) = digits.pick(rows), heights
    ink = ink_boxes(picked.images)  # (N·K, 4)
    wide, tall = ink[:, 2] - ink[:, 0], ink[:, 3] - ink[:, 1]
    height = low + (high - low) * torch.rand(len(rows), generator=generator)
    # A digit that lies is scaled by its longer side: it keeps its shape, and fits.
    scale = height / torch.maximum(wide, tall)
    sizes = torch.stack([wide * scale, tall * scale], dim=1)  # (N·K, 2)
    corners = places(generator, sizes.reshape(count, per_scene, 2), size).reshape(-1, 2)
    boxes = torch.cat([corners, corners + sizes], dim=1)  # (N·K, 4)
    each = drawn(picked.images, ink, boxes, size).reshape(count, per_scene, size, size)
    clean = each.amax(dim=1)  # (N, S, S)
    added = noise * torch.randn(clean.shape, generator=generator)
    return Scenes(
        (clean + added).clamp(0, 1), (clean >= INK).float(),
        boxes.reshape(count, per_scene, 4), picked.labels.reshape(count, per_scene),
    )  # fmt: skip
