"""A small U-Net: it shrinks the picture three times, grows it back, and looks back at each size once."""

from collections.abc import Collection

import torch
from torch import Tensor, nn

CHANNELS = (8, 12, 16, 24)  # at 48, 24, 12 and 6 pixels
LEVELS = len(CHANNELS) - 1  # how often the picture is halved, and how many skips there are
SKIPS = ("fine", "middle", "coarse")  # from the largest picture to the smallest


class UNet(nn.Module):
    """Ronneberger, Fischer & Brox (2015), smaller: one convolution per step, padded, so that no edge is lost.

    ``without``: the skips that this net was built without. There the up-convolution makes twice as many
    channels, and the convolution after it takes as many as with the skip.
    """

    def __init__(self, without: Collection[str] = ()) -> None:
        super().__init__()
        self.without = frozenset(without)
        before = (1, *CHANNELS[:-1])
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(before, CHANNELS, strict=True)
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(
                CHANNELS[i + 1], CHANNELS[i] * (2 if SKIPS[i] in self.without else 1), 2, stride=2
            )
            for i in range(LEVELS)
        )
        self.merge = nn.ModuleList(nn.Conv2d(2 * c, c, 3, padding=1) for c in CHANNELS[:-1])
        self.score = nn.Conv2d(CHANNELS[0], 1, 1)

    def forward(self, x: Tensor, cut: Collection[str] = ()) -> Tensor:
        """Pictures x (N, 1, S, S) → logits (N, 1, S, S). ``cut``: skips that carry zeros."""
        kept = []
        for i in range(LEVELS):
            x = torch.relu(self.down[i](x))  # (N, C_i, S/2^i, S/2^i)
            kept.append(x)
            x = nn.functional.max_pool2d(x, 2)  # (N, C_i, S/2^(i+1), …)
        x = torch.relu(self.down[LEVELS](x))  # (N, C_3, S/8, S/8)
        for i in reversed(range(LEVELS)):
            x = self.up[i](x)  # (N, C_i, S/2^i, S/2^i)
            if SKIPS[i] not in self.without:
                skip = torch.zeros_like(kept[i]) if SKIPS[i] in cut else kept[i]
                x = torch.cat([skip, x], dim=1)  # (N, 2·C_i, …)
            x = torch.relu(self.merge[i](x))  # (N, C_i, …)
        return self.score(x)
