"""One stack of convolutions, with a shortcut around every second one or without."""

from math import sqrt

import torch
from torch import Tensor, nn

from explainers.support.digits import CLASSES

CHANNELS = 8  # maps from the first convolution to the last
SIDE = 7  # of a map
MEAN, SPREAD = 0.1307, 0.3081  # of MNIST's pixels: taken away, divided by


class Block(nn.Module):
    """Two convolutions F; what came in goes around them, ``skip`` times, and is added: y = skip · x + F(x).

    The activation stands before each convolution, so that nothing touches the sum (He et al. 2016b).
    """

    def __init__(self, skip: float, norm: bool) -> None:
        super().__init__()
        self.skip = skip
        self.norm1, self.norm2 = (
            nn.BatchNorm2d(CHANNELS) if norm else nn.Identity(),
            nn.BatchNorm2d(CHANNELS) if norm else nn.Identity(),
        )
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)  # 8 kernels (8, 3, 3)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def hidden(self, x: Tensor) -> Tensor:
        """What the second convolution reads: maps x (B, C, 7, 7) → (B, C, 7, 7)."""
        h = self.conv1(self.norm1(x).relu())  # (B, C, 7, 7)
        return self.norm2(h).relu()  # (B, C, 7, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Maps x (B, C, 7, 7) → (B, C, 7, 7)."""
        F = self.conv2(self.hidden(x))  # (B, C, 7, 7)
        return self.skip * x + F if self.skip else F


class ResidualNet(nn.Module):
    """A convolution that halves the picture, ``depth`` convolutions in blocks of two, ten answers.

    ``skip`` = 0 is the plain net. Behind the blocks the largest number of each map is kept, eight of a
    picture: to tell digits apart by them the blocks must have done the work. With all numbers kept, the last
    layer alone would get as far, and the shortcuts would carry the picture past idle blocks.
    """

    def __init__(self, depth: int, skip: float, norm: bool) -> None:
        super().__init__()
        self.entry = nn.Conv2d(1, CHANNELS, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(skip, norm) for _ in range(depth // 2))
        self.norm = nn.BatchNorm2d(CHANNELS) if norm else nn.Identity()
        self.score = nn.Linear(CHANNELS, CLASSES)

    @property
    def each(self) -> list[Block]:
        """The blocks, first to last."""
        return [block for block in self.blocks if isinstance(block, Block)]

    def enter(self, images: Tensor) -> Tensor:
        """Pixels (B, 14, 14) from 0 to 1 → what the first block gets (B, C, 7, 7)."""
        return self.entry((images[:, None] - MEAN) / SPREAD)

    def answer(self, x: Tensor) -> Tensor:
        """What the last block gives (B, C, 7, 7) → logits (B, 10)."""
        return self.score(self.norm(x).relu().amax(dim=(2, 3)))

    def stream(self, images: Tensor) -> list[Tensor]:
        """What stands before the first block, and after each: depth / 2 + 1 times (B, C, 7, 7)."""
        x = [self.enter(images)]
        for block in self.each:
            x.append(block(x[-1]))
        return x

    def forward(self, images: Tensor) -> Tensor:
        """Pixels (B, 14, 14) → logits (B, 10)."""
        return self.answer(self.stream(images)[-1])


@torch.no_grad()
def started(net: ResidualNet, start: str, generator: torch.Generator) -> ResidualNet:
    """Initial weights, drawn from ``generator``, the same draws for every ``start``.

    ``torch``: torch's own, uniform ±1/√in, weights and biases. ``he``: weights of the blocks √6 times as
    large (variance 2/in, He et al. 2015), biases 0. ``zero``: torch's own, but the last convolution of each
    block is 0: with a shortcut the block passes on what it gets.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            inputs = layer.weight[0].numel()
            for parameter in layer.parameters():
                parameter.uniform_(-1 / sqrt(inputs), 1 / sqrt(inputs), generator=generator)
    for block in net.each:
        for name, parameter in block.named_parameters():
            if start == "he" and name.startswith("conv"):
                parameter.mul_(sqrt(6) if name.endswith("weight") else 0)
            if start == "zero" and name.startswith("conv2"):
                parameter.zero_()
    return net
