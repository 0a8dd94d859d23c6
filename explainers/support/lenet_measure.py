"""What is measured of the four networks: right answers, on moved digits, too; what is taken for what."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.contract import Array, Checkpoint
from explainers.support.lenet_digits import Moves, framed, moved, permute, shifted, unseen
from explainers.support.lenet_net import Dense, LeNet5
from explainers.support.once import once

NETS = ("lenet", "lenet_permuted", "dense", "dense_permuted")
FEW = 300  # test digits on the way; at the end of a run all 2,000
FAR = 8  # pixels: the longest shift that is measured
SHIFTED = 400  # test digits for the shifts, a quarter of them for each direction
UNDER = 200  # test digits that are treated as the visitor's digit is


def tested(count: int | None = None) -> tuple[Tensor, Tensor]:
    """The first ``count`` test digits, or all, as a network takes them (N, 1, 32, 32); their labels (N,)."""
    test = unseen().pick(slice(count))
    return framed(test.images), test.labels


@torch.no_grad()
def measured(nets: Mapping[str, nn.Module], seed: int, last: bool) -> dict[str, float]:
    """Loss and right answers of every net; at the end against shifts, too."""
    numbers = {"seed": float(seed)}
    x, labels = tested(None if last else FEW)
    mixed = permute(x, seed)
    for name, net in nets.items():
        logits = net(mixed if name.endswith("permuted") else x)  # (N, 10)
        numbers[f"loss_{name}"] = float(nn.functional.cross_entropy(logits, labels))
        numbers[f"accuracy_{name}"] = right_share(logits, labels)
    if last:
        for name in ("lenet", "dense"):
            each = shift_accuracies(nets[name])
            numbers |= {f"shift_{name}_{by}": share for by, share in enumerate(each)}
    return numbers


@torch.no_grad()
def shift_accuracies(net: nn.Module) -> list[float]:
    """Right answers on digits shifted by 0 … 8 pixels, a quarter of them to each side."""
    x, labels = tested(SHIFTED)
    quarters = x.chunk(4)
    return [
        right_share(
            net(torch.cat([
                shifted(part, right * by, down * by)
                for part, (right, down) in zip(quarters, ((1, 0), (-1, 0), (0, 1), (0, -1)), strict=True)
            ])),
            labels,
        )
        for by in range(FAR + 1)
    ]  # fmt: skip


def net_of(checkpoint: Checkpoint, name: str) -> nn.Module:
    """One of the four networks as it was at this step."""
    net = LeNet5() if name.startswith("lenet") else Dense()
    net.load_state_dict(checkpoint.state(name))
    return net


@once
@torch.no_grad()
def answers(checkpoint: Checkpoint, name: str) -> Array:
    """What a net takes each test digit for: (2000,) at the end of a run; before it, none is asked: (0,)."""
    x = tested(None if checkpoint.step == checkpoint.of else 0)[0]
    x = permute(x, int(checkpoint.numbers["seed"])) if name.endswith("permuted") else x
    found: Array = net_of(checkpoint, name)(x).argmax(dim=1).numpy().astype("uint8")
    return found


@once
@torch.no_grad()
def right_under(checkpoint: Checkpoint, name: str, moves: Moves) -> float:
    """Right answers of a net on 200 test digits that are all moved alike."""
    x, labels = tested(UNDER)
    return right_share(net_of(checkpoint, name)(moved(x, moves)), labels)
