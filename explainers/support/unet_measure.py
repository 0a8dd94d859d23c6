"""What is measured of a mask: overlap everywhere, overlap along the true edge, and where the errors are."""

from collections.abc import Collection
from functools import lru_cache

import torch
from torch import Tensor, nn

from explainers.support.digits import digit_split
from explainers.support.scenes import Scenes, scenes
from explainers.support.unet_nets import SKIPS, UNet, loss

SIZE = 48  # pixels
NOISE = 0.3
HEIGHTS = (20.0, 30.0)  # pixels
TESTED = 32  # scenes
REGIONS = ("edge", "inside", "background")
# What is compared: the whole net, the same with skips cut after the training, one trained without.
CASES = {
    "whole": (), **{f"cut_{skip}": (skip,) for skip in SKIPS}, "cut_all": SKIPS, "without": (),
}  # fmt: skip


@lru_cache(maxsize=16)
def held_out(noise: float, scale: float) -> Scenes:
    """Test digits in noise, always the same ones; ``scale`` multiplies the heights of the training."""
    low, high = HEIGHTS
    generator = torch.Generator().manual_seed(1)
    return scenes(generator, TESTED, SIZE, digit_split()[1], noise=noise, heights=(low * scale, high * scale))


def edge_of(masks: Tensor) -> Tensor:
    """The pixels along the true edges of masks (N, S, S): those whose 3 × 3 neighbours are not all alike."""
    wide = nn.functional.max_pool2d(masks[:, None], 3, stride=1, padding=1)[:, 0]  # (N, S, S)
    narrow = -nn.functional.max_pool2d(-masks[:, None], 3, stride=1, padding=1)[:, 0]
    return wide != narrow


def iou(found: Tensor, true: Tensor, where: Tensor | None = None) -> float:
    """Intersection over union of two masks of ones and zeros, of any shape: on ``where`` alone, if given."""
    a, b = found > 0.5, true > 0.5
    if where is not None:
        a, b = a & where, b & where
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def judged(found: Tensor, true: Tensor) -> dict[str, float]:
    """Masks (N, S, S): IoU, IoU on the edge, the share of wrong pixels, and where these are (sums to 1)."""
    edge, wrong = edge_of(true), (found > 0.5) != (true > 0.5)
    places = (edge, (true > 0.5) & ~edge, (true <= 0.5) & ~edge)
    count = int(wrong.sum())
    result = {"iou": iou(found, true), "iou_boundary": iou(found, true, edge), "wrong": count / wrong.numel()}
    for name, place in zip(REGIONS, places, strict=True):
        result[name] = int((wrong & place).sum()) / max(count, 1)
    return result


@torch.no_grad()
def measured(nets: dict[str, UNet]) -> dict[str, float]:
    """Every case on the test scenes: ``iou_whole``, ``edge_cut_all``, … and the loss of both nets."""
    test = held_out(NOISE, 1.0)
    numbers: dict[str, float] = {}
    for case, cut in CASES.items():
        net = nets["without" if case == "without" else "whole"]
        logits = net(test.images, cut)
        numbers |= {f"{key}_{case}": value for key, value in judged((logits > 0).float(), test.masks).items()}
        if not cut:
            numbers[f"loss_{case}"] = float(loss(logits, test.masks))
    return numbers


@torch.no_grad()
def asked(net: UNet, images: Tensor, cut: Collection[str] = ()) -> Tensor:
    """The probability of every pixel of images (N, S, S) to belong to a digit: (N, S, S)."""
    return torch.sigmoid(net(images, cut))
