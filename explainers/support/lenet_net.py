"""LeNet-5 by its layers of 1998, and a dense net of the same size: who sees neighbours, and who does not."""

from math import sqrt
from typing import TypeVar

import torch
from torch import Tensor, nn

from explainers.support.digits import CLASSES

SIDE, EDGE = 28, 2  # pixels of a digit, and of the empty margin around it
FIELD = SIDE + 2 * EDGE  # 32: what LeNet-5 looks at
KERNEL = 5
UNITS = 77  # of the dense net: 61,225 numbers to learn, where LeNet-5 has 60,850
# Which maps of S2 each map of C3 looks at: table I of LeCun et al. (1998).
TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
FROM = [source for sources in TABLE for source in sources]  # (60,)
TO = [target for target, sources in enumerate(TABLE) for _ in sources]  # (60,)
HEIGHT, SLOPE = 1.7159, 2 / 3  # of the squashing function: f(1) = 1 and f(−1) = −1

M = TypeVar("M", bound=nn.Module)


def squash(x: Tensor) -> Tensor:
    """1.7159 · tanh(⅔ x), the scaled tanh of the paper's appendix A."""
    return HEIGHT * torch.tanh(SLOPE * x)


class Subsample(nn.Module):
    """The sum of each 2 × 2 square, times a weight, plus a bias: one pair of them per map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((maps,), 0.25))  # at first the mean
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor) -> Tensor:
        """Maps x (B, K, S, S) → (B, K, S/2, S/2)."""
        # Faster than four times avg_pool2d.
        sums = (
            x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]
        )  # (B, K, S/2, S/2)
        return sums * self.weight[:, None, None] + self.bias[:, None, None]


class SparseConv(nn.Module):
    """The convolution of C3: 60 kernels of 5 × 5, one for each pair of maps that ``TABLE`` connects."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(TO), KERNEL, KERNEL))  # (60, 5, 5)
        self.bias = nn.Parameter(torch.zeros(len(TABLE)))  # (16,)

    def forward(self, x: Tensor) -> Tensor:
        """Maps x (B, 6, 14, 14) → (B, 16, 10, 10)."""
        return nn.functional.conv2d(x, spread(self.weight), self.bias)


def spread(kernels: Tensor) -> Tensor:
    """The 60 kernels (60, 5, 5) as torch's Conv2d holds them, with zeros where nothing is connected."""
    whole = kernels.new_zeros(len(TABLE), 6, KERNEL, KERNEL)  # (16, 6, 5, 5)
    return whole.index_put((torch.tensor(TO), torch.tensor(FROM)), kernels)


class LeNet5(nn.Module):
    """C1 convolves, S2 shrinks, C3 convolves, S4 shrinks, then C5, F6 and ten outputs.

    As in LeCun et al. (1998) up to F6: 60,000 numbers to learn. The output was a distance to a drawn
    pattern of 84 pixels per class; here it is a weighted sum for softmax.
    """

    def __init__(self) -> None:
        super().__init__()
        self.C1 = nn.Conv2d(1, 6, KERNEL)
        self.S2 = Subsample(6)
        self.C3 = SparseConv()
        self.S4 = Subsample(16)
        # A convolution of 5 × 5 over maps of 5 × 5 has one place to stand: it is a Linear.
        self.C5 = nn.Linear(16 * KERNEL * KERNEL, 120)
        self.F6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Pixels x (B, 1, 32, 32) → logits (B, 10)."""
        x = squash(self.C1(x))  # (B, 6, 28, 28)
        x = squash(self.S2(x))  # (B, 6, 14, 14)
        x = squash(self.C3(x))  # (B, 16, 10, 10)
        x = squash(self.S4(x))  # (B, 16, 5, 5)
        x = squash(self.C5(x.flatten(1)))  # (B, 120)
        x = squash(self.F6(x))  # (B, 84)
        logits: Tensor = self.output(x)  # (B, 10)
        return logits


class Dense(nn.Module):
    """Every unit looks at every pixel, each with a weight of its own; no pixel is next to another."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(SIDE * SIDE, UNITS)
        self.output = nn.Linear(UNITS, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Pixels x (B, 1, 32, 32) → logits (B, 10). The margin is always empty: it gets no weights."""
        inner = x[..., EDGE:-EDGE, EDGE:-EDGE].flatten(1)  # (B, 784)
        logits: Tensor = self.output(squash(self.hidden(inner)))  # (B, 10)
        return logits


@torch.no_grad()
def drawn(net: M, generator: torch.Generator) -> M:
    """Initial weights: uniform, spread 1/√F for F inputs (LeCun et al., Efficient BackProp, 1998); biases 0.

    What subsamples stays as it is: it starts as the mean.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            inputs = torch.tensor(float(layer.weight[0].numel()))
        elif isinstance(layer, SparseConv):
            looks = [float(KERNEL * KERNEL * len(TABLE[to])) for to in TO]
            inputs = torch.tensor(looks)[:, None, None]  # (60, 1, 1)
        else:
            continue
        layer.weight.uniform_(-sqrt(3), sqrt(3), generator=generator).div_(inputs.sqrt())
        layer.get_parameter("bias").zero_()
    return net
