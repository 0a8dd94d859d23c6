"""A small U-Net: it shrinks the picture three times, grows it back, and looks back once at each size."""

from collections.abc import Collection
from math import sqrt

import torch
from torch import Tensor, nn

CHANNELS = (8, 12, 16, 24)  # at 48, 24, 12 and 6 pixels
LEVELS = len(CHANNELS) - 1  # how often the picture is halved, and how many skips there are
SKIPS = ("fine", "middle", "coarse")  # from the largest picture to the smallest


class UNet(nn.Module):
    """Ronneberger, Fischer & Brox (2015), smaller: one convolution per step, padded, so that no edge is lost.

    ``without``: the skips that this net is built without. There the up-convolution makes twice as many
    channels, so that the convolution after it adds up as many as where there is a skip.
    """

    def __init__(self, without: Collection[str] = ()) -> None:
        super().__init__()
        self.without = frozenset(without)
        into = (1, *CHANNELS[:-1])
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(into, CHANNELS, strict=True))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(below, c * (1 + (skip in self.without)), 2, stride=2)
            for below, c, skip in zip(CHANNELS[1:], CHANNELS, SKIPS, strict=False)
        )
        self.merge = nn.ModuleList(nn.Conv2d(2 * c, c, 3, padding=1) for c in CHANNELS[:-1])
        self.score = nn.Conv2d(CHANNELS[0], 1, 1)

    def maps(self, x: Tensor, cut: Collection[str] = ()) -> dict[str, Tensor]:
        """Every feature map of pictures x (N, 1, S, S), by name, and ``logits`` (N, 1, S, S).

        ``down0`` … ``down3`` (N, C_i, S/2^i, S/2^i) on the way down, ``up2`` … and ``merge2`` … on the way
        back. ``cut``: skips that carry zeros.
        """
        found = {}
        for i in range(LEVELS + 1):
            x = found[f"down{i}"] = torch.relu(self.down[i](x))  # (N, C_i, S/2^i, S/2^i)
            if i < LEVELS:
                x = nn.functional.max_pool2d(x, 2)  # (N, C_i, S/2^(i+1), …)
        for i in reversed(range(LEVELS)):
            x = found[f"up{i}"] = self.up[i](x)  # (N, C_i, S/2^i, …), or twice the channels
            if SKIPS[i] not in self.without:
                skip = found[f"down{i}"] * (SKIPS[i] not in cut)
                x = torch.cat([skip, x], dim=1)  # (N, 2·C_i, S/2^i, …)
            x = found[f"merge{i}"] = torch.relu(self.merge[i](x))  # (N, C_i, S/2^i, …)
        found["logits"] = self.score(x)
        return found

    def forward(self, x: Tensor, cut: Collection[str] = ()) -> Tensor:
        """Pictures x (N, S, S) → logits (N, S, S), above 0 where the net sees a digit."""
        return self.maps(x[:, None], cut)["logits"][:, 0]


@torch.no_grad()
def started(generator: torch.Generator, without: Collection[str]) -> dict[str, UNet]:
    """A whole U-Net and one built without some skips, from the same initial values wherever shapes allow.

    As in the paper, every weight is drawn with variance 2/n, n being how many numbers one output adds up.
    """
    nets = {"whole": UNet(), "without": UNet(without)}
    for net in nets.values():
        for name, value in net.named_parameters():
            # An up-convolution with stride 2 puts its patches side by side: one output, one input pixel.
            inputs = value.shape[0] if name.startswith("up") else value[0].numel()
            if name.endswith("bias"):
                value.zero_()
            else:
                value.normal_(0, sqrt(2 / inputs), generator=generator)
    same, other = (dict(net.named_parameters()) for net in nets.values())
    for name, value in same.items():
        rows = other[name][:, : value.shape[1]] if name.startswith("up") and value.dim() > 1 else other[name]
        if rows.shape == value.shape:
            rows.copy_(value)
    return nets


def loss(logits: Tensor, masks: Tensor) -> Tensor:
    """The mean cross-entropy of all pixels: logits and masks (N, S, S)."""
    return nn.functional.binary_cross_entropy_with_logits(logits, masks)
