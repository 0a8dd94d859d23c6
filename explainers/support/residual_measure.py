"""What passes through a stack of blocks, forwards and backwards, and what a block is worth."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.contract import Array, Checkpoint
from explainers.support.digits import CLASSES, Digits, digit_split
from explainers.support.once import latest, once
from explainers.support.residual_nets import SIDE, Block, ResidualNet

MODELS = ("skip", "plain")
TESTED, SEEN = 500, 100  # test digits: for the answers, and for what is looked at inside


def new_digits(count: int = TESTED) -> Digits:
    """The first test digits: images (count, 14, 14), labels (count,)."""
    return digit_split(2)[1].pick(slice(count))


@cache
def first_row(digit: int) -> int:
    """Which of the test digits that are looked at is the first of a class."""
    return int((new_digits(SEEN).labels == digit).nonzero()[0])


def spread(x: Tensor) -> float:
    """How far apart digits are in maps x (N, C, 7, 7): the root mean square of the units' spreads."""
    return float(x.detach().double().var(dim=0, correction=0).mean().sqrt())


def inside(net: ResidualNet, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Signal, gradient and share of a net, with the batch norm, if there is one, of these digits.

    ``signal_k``: how far apart the digits are after block k, as part of how far they were before the first.
    ``gradient_i``: the norm of the loss's gradient at the weights of convolution i. ``added_k``: the size of
    what block k makes, F(x), as part of the size of what it gets, x.
    """
    net = deepcopy(net).train()  # a copy: running statistics and gradients of the net stay as they are
    stream = net.stream(images)  # (B, C, 7, 7) each
    nn.functional.cross_entropy(net.answer(stream[-1]), labels).backward()
    first = spread(stream[0])
    numbers = {f"signal_{k}": spread(x.detach()) / first for k, x in enumerate(stream)}
    for k, block in enumerate(net.each, start=1):
        x, y = stream[k - 1].detach(), stream[k].detach()
        numbers[f"added_{k}"] = float((y - block.skip * x).norm() / x.norm())
        for i, conv in ((2 * k - 1, block.conv1), (2 * k, block.conv2)):
            gradient = conv.weight.grad
            numbers[f"gradient_{i}"] = float(gradient.double().norm()) if gradient is not None else 0.0
    return numbers


@torch.no_grad()
def lesions(net: ResidualNet, digits: Digits) -> list[float]:
    """The share of right answers without block 1, without block 2, …, and, last, without any block.

    Where a block was, what it got goes on to the next one.
    """
    net.eval()
    found, stream = [], net.stream(digits.images)
    for k in range(len(net.each)):
        x = stream[k]  # what block k + 1 got
        for block in net.each[k + 1 :]:
            x = block(x)
        found.append(right_share(net.answer(x), digits.labels))
    return [*found, right_share(net.answer(stream[0]), digits.labels)]


@torch.no_grad()
def answers(net: ResidualNet, digits: Digits) -> tuple[float, float]:
    """(Loss, share of right answers) in eval mode; the net is left in train mode."""
    logits = net.eval()(digits.images)  # (N, 10)
    net.train()
    return float(nn.functional.cross_entropy(logits, digits.labels)), right_share(logits, digits.labels)


def measured(nets: dict[str, ResidualNet], last: bool) -> dict[str, float]:
    """All that is measured of both nets at one step; what a block is worth only at the ``last``."""
    digits, seen = new_digits(), new_digits(SEEN)
    numbers = {}
    for name, net in nets.items():
        numbers[f"loss_{name}"], numbers[f"accuracy_{name}"] = answers(net, digits)
        for key, value in inside(net, seen.images, seen.labels).items():
            what, place = key.split("_")
            numbers[f"{what}_{name}_{place}"] = value
        if last:
            *each, bare = lesions(net, digits)
            numbers |= {f"lesion_{name}_{k}": right for k, right in enumerate(each, start=1)}
            numbers[f"bare_{name}"] = bare
    return numbers


def rebuilt(checkpoint: Checkpoint, name: str) -> ResidualNet:
    """One of the two nets as it was at this step."""
    numbers = checkpoint.numbers
    skip = numbers["skip"] if name == "skip" else 0.0
    net = ResidualNet(int(numbers["depth"]), skip, bool(numbers["norm"]))
    net.load_state_dict(checkpoint.state(name))
    return net


@once
def worth(checkpoint: Checkpoint, name: str) -> list[float]:
    """``lesions`` of one net: measured while it trained, if this is the last step."""
    numbers = checkpoint.numbers
    if f"bare_{name}" in numbers:
        blocks = range(1, int(numbers["depth"]) // 2 + 1)
        return [*(numbers[f"lesion_{name}_{k}"] for k in blocks), numbers[f"bare_{name}"]]
    return lesions(rebuilt(checkpoint, name), new_digits())


@once
@torch.no_grad()
def flow(checkpoint: Checkpoint, name: str) -> Array:
    """What sets the first digit of each class apart from the others, block by block: (10, n + 1, 7, 7).

    At each place the root mean square over the maps of its distance from the mean of SEEN digits; 1 is how
    far apart digits are on average before the first block. Single precision.
    """
    digits = new_digits(SEEN)
    rows = [first_row(digit) for digit in range(CLASSES)]
    stream = torch.stack(rebuilt(checkpoint, name).train().stream(digits.images))  # (n + 1, N, C, 7, 7)
    apart = stream[:, rows] - stream.mean(dim=1, keepdim=True)  # (n + 1, 10, C, 7, 7)
    size = apart.square().mean(dim=2).sqrt() / spread(stream[0])  # (n + 1, 10, 7, 7)
    return np.asarray(size.transpose(0, 1).float().numpy())


@dataclass(frozen=True)
class ByHand:
    """One map of one block, worked out: C maps in, one out."""

    read: Array  # (C, 7, 7): what the second convolution reads
    kernels: Array  # (C, 3, 3): of the map looked at
    parts: Array  # (C, 7, 7): what each map read adds to the sum
    bias: float
    F: Array  # (7, 7)
    x: Array  # (7, 7): the same map of what the block gets
    y: Array  # (7, 7)

    @property
    def spot(self) -> tuple[int, int]:
        """Where F is largest, to either side, among the places that get something above 0: (row, column)."""
        there = np.abs(self.F) * (self.x > 0)
        r, c = np.unravel_index(there.argmax(), there.shape)
        return int(r), int(c)


def convolved(maps: Array, kernels: Array) -> Array:
    """Slide each kernel (C, 3, 3) over its map (C, 7, 7), zeros around it, by hand: (C, 7, 7)."""
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))  # (C, 9, 9)
    return np.asarray(
        sum(
            kernels[:, i, j, None, None] * padded[:, i : i + SIDE, j : j + SIDE]
            for i in range(3)
            for j in range(3)
        )
    )


def exactly(checkpoint: Checkpoint, block: int, digit: int) -> tuple[Block, Tensor]:
    """A block, from 1, of the net with shortcuts in double precision and eval mode, and what it gets.

    That is the first test digit of a class behind the blocks before: (1, C, 7, 7). One block is built and
    takes the weights of each in turn: to build them all takes longer than all else.
    """
    numbers, weights = checkpoint.numbers, checkpoint.state("skip")

    def part(name: str) -> dict[str, Tensor]:
        return {key.removeprefix(name): value for key, value in weights.items() if key.startswith(name)}

    net = ResidualNet(2, numbers["skip"], bool(numbers["norm"])).double().eval()
    net.entry.load_state_dict(part("entry."))
    (now,) = net.each
    row = first_row(digit)
    with torch.no_grad():
        x = net.enter(new_digits(SEEN).images[row : row + 1].double())
        for k in range(block):
            x = now(x) if k else x
            now.load_state_dict(part(f"blocks.{k}."))
    return now, x


@latest(64)
def by_hand(checkpoint: Checkpoint, block: int, channel: int, digit: int) -> ByHand:
    """Block ``block`` (from 1) of the net with shortcuts over the first test digit of a class, in doubles."""
    now, x = exactly(checkpoint, block, digit)
    with torch.no_grad():
        read = now.hidden(x)[0].numpy()  # (C, 7, 7)
    weights = now.conv2.state_dict()  # weight (C, C, 3, 3), bias (C,)
    kernels, bias = weights["weight"][channel - 1].numpy(), float(weights["bias"][channel - 1])
    parts = convolved(read, kernels)
    F, own = parts.sum(axis=0) + bias, x[0, channel - 1].numpy()
    return ByHand(read, kernels, parts, bias, F, own, now.skip * own + F)


def slope(checkpoint: Checkpoint, block: int, channel: int, digit: int, place: tuple[int, int]) -> float:
    """F′: how much F at a place of a map moves when what the block gets moves there."""
    now, x = exactly(checkpoint, block, digit)
    own = now.conv2(now.hidden(x.requires_grad_()))[0, channel - 1, place[0], place[1]]
    return float(torch.autograd.grad(own, x)[0][0, channel - 1, place[0], place[1]])
