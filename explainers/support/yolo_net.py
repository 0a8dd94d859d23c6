"""A small one-shot detector after YOLO (Redmon et al. 2016): one look, a box from every cell of a grid.

What differs from the paper: one box per cell, not two; objectness and name are learnt with cross-entropy, not
with squared errors; the objectness of a cell that holds a centre shall be 1, not the overlap; the network is
small, has batch norm and starts from nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainers.support.digits import CLASSES
from explainers.support.scenes import Scenes
from explainers.support.yolo_scenes import CELL, GRID, SIDE, middles

CHANNELS = (8, 24, 48, 64, 64)
LAYERS = ((5, 2, 2), (3, 2, 1), (3, 3, 0), (3, 1, 1), (3, 1, 1))  # size, stride, padding: 84 → 42 → 21 → 7
OUTPUTS = 5 + CLASSES  # t_x, t_y, t_w, t_h, t_o, and a logit for each digit


class Detector(nn.Module):
    """Five convolutions, each with batch norm, and 15 numbers for every cell of the grid."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out, (size, stride, padding) in zip((1, *CHANNELS), CHANNELS, LAYERS, strict=False):
            layers += [nn.Conv2d(into, out, size, stride, padding), nn.BatchNorm2d(out), nn.LeakyReLU(0.1)]
        self.layers = nn.Sequential(*layers)
        self.out = nn.Conv2d(CHANNELS[-1], OUTPUTS, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, 84, 84) → raw outputs (N, 7, 7, 15): rows, columns of the grid."""
        seen = self.layers(images[:, None])  # (N, 64, 7, 7)
        raw: Tensor = self.out(seen).permute(0, 2, 3, 1)  # (N, 7, 7, 15)
        return raw


@torch.no_grad()
def fresh(generator: torch.Generator) -> Detector:
    """A detector before training: He's weights, from the generator, and no cell sure of anything."""
    net = Detector()
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            fan = layer.weight[0].numel()
            layer.weight.normal_(0, (2 / fan) ** 0.5, generator=generator)
            assert layer.bias is not None
            layer.bias.zero_()
    net.out.weight.mul_(0.3)
    assert net.out.bias is not None
    net.out.bias[4] = -3.0  # few cells hold a centre: σ(−3) ≈ 0.05
    return net


@dataclass(frozen=True)
class Found:
    """What the detector says of N scenes, M = 49 cells each, row by row."""

    boxes: Tensor  # (N, M, 4): x0, y0, x1, y1 in pixels
    scores: Tensor  # (N, M): objectness × probability of the likeliest digit
    digits: Tensor  # (N, M): the likeliest digit
    objectness: Tensor  # (N, M)


def decode(raw: Tensor) -> Found:
    """Raw outputs (N, 7, 7, 15) → boxes: the centre lies in the cell, the size is a square of a share."""
    at = torch.arange(GRID, dtype=raw.dtype)
    share = raw[..., :5].sigmoid()  # (N, 7, 7, 5)
    x = (at[None, None, :] + share[..., 0]) * CELL  # (N, 7, 7)
    y = (at[None, :, None] + share[..., 1]) * CELL
    width, height = SIDE * share[..., 2] ** 2, SIDE * share[..., 3] ** 2
    boxes = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], dim=-1)
    sure, digits = raw[..., 5:].softmax(dim=-1).max(dim=-1)  # (N, 7, 7)
    scores = share[..., 4] * sure
    return Found(boxes.flatten(1, 2), scores.flatten(1), digits.flatten(1), share[..., 4].flatten(1))


def loss_parts(raw: Tensor, scenes: Scenes, place: float, empty: float) -> dict[str, Tensor]:
    """The four parts of the loss, each a sum over a scene's cells, a mean over scenes. Their sum is the loss.

    The cell that holds a digit's centre, and no other, shall say where it is, how large and which.

    Args:
        raw: (N, 7, 7, 15).
        scenes: N scenes.
        place: the weight of place and size (λ_coord).
        empty: the weight of the objectness of empty cells (λ_noobj).

    """
    n, k = (scenes.labels >= 0).nonzero(as_tuple=True)  # (D,) each: digit k of scene n
    centre = middles(scenes.boxes[n, k]) / CELL  # (D, 2) in cells
    column, row = centre.long().clamp(0, GRID - 1).unbind(1)
    mine = raw[n, row, column]  # (D, 15)
    offset = centre - torch.stack([column, row], dim=1)  # (D, 2), 0 to 1
    root = ((scenes.boxes[n, k, 2:] - scenes.boxes[n, k, :2]) / SIDE).sqrt()  # (D, 2)
    holds = torch.zeros(raw.shape[:3])  # (N, 7, 7)
    holds[n, row, column] = 1
    weight = torch.where(holds > 0, 1.0, empty)
    sure = nn.functional.binary_cross_entropy_with_logits(raw[..., 4], holds, weight, reduction="sum")
    named = nn.functional.cross_entropy(mine[:, 5:], scenes.labels[n, k], reduction="sum")
    parts = {
        "place": place * ((mine[:, :2].sigmoid() - offset) ** 2).sum(),
        "size": place * ((mine[:, 2:4].sigmoid() - root) ** 2).sum(),
        "objectness": sure,
        "digit": named,
    }
    return {name: part / len(raw) for name, part in parts.items()}
