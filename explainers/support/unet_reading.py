"""Two trained nets, asked about one scene: masks, errors, feature maps, and one pixel worked out by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from explainers.support.contract import Array, Checkpoint
from explainers.support.measured import Measured
from explainers.support.once import latest, once
from explainers.support.unet_measure import NOISE, SIZE, TESTED, asked, edge_of, held_out, iou, judged
from explainers.support.unet_nets import CHANNELS, LEVELS, SKIPS, UNet

LEAD = ("whole", "without")


@dataclass(frozen=True)
class Look:
    """What is looked at: which test scene, made how, judged how; which skips of the trained net are cut."""

    scene: int
    noise: float
    scale: float
    threshold: float
    cut: tuple[str, ...]
    channel: int
    row: int
    column: int


@dataclass(frozen=True)
class Reading(Measured):
    """What both nets say about one scene.

    image, truth (S, S); ``found``: net → probabilities (S, S), ``errors``: net → 1 where it sees a digit that
    is not there, −1 where it misses one, else 0; ``scores``: net → IoU on the mask and on the edge, of this
    scene; ``maps``: one channel of every feature map of the whole net; ``terms``: one pixel of its last
    3 × 3 convolution, term by term; ``lacks``: the skip that the other net was built without, or ``all``.
    """

    look: Look
    image: Array
    truth: Array
    found: Mapping[str, Array]
    errors: Mapping[str, Array]
    scores: Mapping[str, tuple[float, float]]
    maps: Mapping[str, Array]
    terms: Mapping[str, Array]
    lacks: str


@once
def net_of(checkpoint: Checkpoint, name: str) -> UNet:
    """One of the two nets as it stands in a checkpoint."""
    state = checkpoint.state(name)
    without = [skip for skip, c, i in zip(SKIPS, CHANNELS, range(LEVELS), strict=False)
               if len(state[f"up.{i}.bias"]) == 2 * c]  # fmt: skip
    net = UNet(without)
    net.load_state_dict(state)
    return net


def read_scene(checkpoint: Checkpoint, look: Look) -> Reading:
    """Ask both nets about the scene."""
    image, truth, edge = scene_of(look.scene, look.noise, look.scale)
    maps = maps_of(checkpoint, look.scene, look.noise, look.scale, look.cut)
    found = {
        "whole": torch.sigmoid(maps["logits"][0, 0]),
        "without": found_without(checkpoint, look.scene, look.noise, look.scale),
    }
    masks = {name: (value >= look.threshold).float() for name, value in found.items()}
    lacks = net_of(checkpoint, "without").without
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, look, image.numpy(), truth.numpy(),
        {name: value.numpy() for name, value in found.items()},
        {name: (mask - truth).numpy() for name, mask in masks.items()},
        {name: (iou(mask, truth), iou(mask, truth, edge)) for name, mask in masks.items()},
        {
            name: value[0, min(look.channel, value.shape[1]) - 1].numpy()
            for name, value in maps.items()
            if name != "logits"
        },
        pixel_terms(checkpoint, maps, look),
        "all" if len(lacks) == LEVELS else min(lacks),
    )  # fmt: skip


@lru_cache(maxsize=TESTED)
def scene_of(scene: int, noise: float, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    """Image, true mask and its edge, (S, S) each, of one test scene: the same for every checkpoint."""
    one = held_out(noise, scale).pick(slice(scene - 1, scene))
    # Clones: a view would keep all the scenes in memory.
    return one.images[0].clone(), one.masks[0].clone(), edge_of(one.masks)[0]


@latest(1)  # 0.3 MB: for another channel, pixel or threshold
@torch.no_grad()
def maps_of(
    checkpoint: Checkpoint, scene: int, noise: float, scale: float, cut: tuple[str, ...]
) -> dict[str, Tensor]:
    """Every feature map of the whole net, and its logits, for one scene: (1, C, …) each."""
    return net_of(checkpoint, "whole").maps(scene_of(scene, noise, scale)[0][None, None], cut)


@latest(TESTED)  # 9 KB each: whichever skips are cut, the net without them says the same
def found_without(checkpoint: Checkpoint, scene: int, noise: float, scale: float) -> Tensor:
    """The probabilities of one scene's pixels as the net built without skips has them: (S, S)."""
    return asked(net_of(checkpoint, "without"), scene_of(scene, noise, scale)[0][None])[0]


def pixel_terms(checkpoint: Checkpoint, maps: Mapping[str, Tensor], look: Look) -> dict[str, Array]:
    """One number of ``merge0`` by hand: 3 × 3 pixels x of every channel times their weights w.

    The channels are those of ``down0``, which come over the skip, and of ``up0``, which come from below.

    Returns x and w (2·C, 9), the sum of each channel's products (2·C, 1), the bias, the total and what is
    left of it after the ReLU (1, 1) each.
    """
    W, b = (checkpoint.weights[f"whole.merge.0.{part}"] for part in ("weight", "bias"))
    channel = min(look.channel, len(W)) - 1
    every = pad(torch.cat([maps["down0"], maps["up0"]], dim=1)[0], (1, 1, 1, 1))  # (2·C, S + 2, S + 2)
    r, c = look.row - 1, look.column - 1
    x = every[:, r : r + 3, c : c + 3].double().numpy().reshape(len(every), 9)
    x[: CHANNELS[0]] *= "fine" not in look.cut
    w = W[channel].reshape(len(every), 9).astype(np.float64)
    bias = b[channel].astype(np.float64)
    each = (x * w).sum(axis=1, keepdims=True)  # (2·C, 1)
    total = each.sum(keepdims=True) + bias
    return {
        "x": x,
        "w": w,
        "each": each,
        "bias": bias.reshape(1, 1),
        "total": total,
        "out": total.clip(0),
    }


@latest(64)
def judged_here(
    checkpoint: Checkpoint, noise: float, scale: float, threshold: float, cut: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """All test scenes, made and judged as the visitor says: the whole net, cut, and the one without."""
    known = ("whole", "cut_all", "without")
    if (noise, scale, threshold) == (NOISE, 1.0, 0.5) and len(cut) in (1, LEVELS):  # measured in the training
        keys = judged(torch.zeros(1, SIZE, SIZE), torch.zeros(1, SIZE, SIZE))
        names = ("whole", "cut_all" if len(cut) > 1 else f"cut_{cut[0]}", "without")
        return {
            case: {key: checkpoint.numbers[f"{key}_{name}"] for key in keys}
            for case, name in zip(known, names, strict=True)
        }
    test = held_out(noise, scale)
    result = {}
    for case, which in zip(known, ((), cut, ()), strict=True):
        found = asked_about(checkpoint, case, which, noise, scale)
        result[case] = judged((found >= threshold).float(), test.masks)
    return result


@latest(4)  # 0.3 MB each: for the next threshold
def asked_about(
    checkpoint: Checkpoint, case: str, cut: tuple[str, ...], noise: float, scale: float
) -> Tensor:
    """The probabilities of all test scenes: (N, S, S)."""
    net = net_of(checkpoint, "without" if case == "without" else "whole")
    return asked(net, held_out(noise, scale).images, cut)
