"""An LSTM cell written out by hand, so that its gates can be watched and held; and cells of like size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

GATES = ("input", "forget", "candidate", "output")  # the order of torch's rows: i, f, g, o
BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}  # of H rows each in W_ih and W_hh


@dataclass(frozen=True)
class Steps:
    """What an LSTM holds at every step.

    ``gates`` (T, B, 4, H): i, f and o from 0 to 1, g from −1 to 1. ``c`` and ``h``: T tensors (B, H).
    """

    gates: Tensor
    c: list[Tensor]
    h: list[Tensor]


def unroll(weights: Mapping[str, Tensor], x: Tensor, held: Mapping[str, float]) -> Steps:
    """Read x (T, B, I) with the parameters of an ``nn.LSTM``, from zero states.

    ``held`` puts a number in the place of a gate, at every step and in every unit: ``{"forget": 0.0}``.
    """
    W_hh = weights["weight_hh_l0"].T  # (H, 4H)
    from_x = x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"]  # (T, B, 4H)
    h = c = x.new_zeros(x.shape[1], len(W_hh))
    act: tuple[Callable[[Tensor], Tensor], ...] = (torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid)
    seen, cs, hs = [], [], []
    for now in from_x:
        blocks = (now + h @ W_hh).chunk(4, dim=-1)  # four of (B, H)
        i, f, g, o = (
            torch.full_like(block, held[gate]) if gate in held else function(block)
            for gate, function, block in zip(GATES, act, blocks, strict=True)
        )
        c = f * c + i * g
        h = o * torch.tanh(c)
        seen.append(torch.stack((i, f, g, o), dim=-2))
        cs.append(c)
        hs.append(h)
    return Steps(torch.stack(seen), cs, hs)


def unroll_plain(weights: Mapping[str, Tensor], x: Tensor) -> list[Tensor]:
    """The same for an ``nn.RNN``: its hidden states after every step of x (T, B, I), T tensors (B, H)."""
    W_hh = weights["weight_hh_l0"].T  # (H, H)
    from_x = x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"]  # (T, B, H)
    h, hs = x.new_zeros(x.shape[1], len(W_hh)), []
    for now in from_x:
        h = torch.tanh(now + h @ W_hh)
        hs.append(h)
    return hs


def held_by(hold: str) -> dict[str, float]:
    """``forget_shut`` → ``{"forget": 0.0}``: which gate stands still, and where; ``free`` → ``{}``."""
    gate, _, how = hold.partition("_")
    return {gate: float(how == "open")} if how else {}


def parameter_count(kind: str, inputs: int, hidden: int, outputs: int) -> int:
    """How many numbers a recurrent layer of torch (``rnn``, ``gru``, ``lstm``) and a linear head learn."""
    return BLOCKS[kind] * hidden * (inputs + hidden + 2) + (hidden + 1) * outputs


def hidden_for(kind: str, inputs: int, outputs: int, budget: int) -> int:
    """The hidden size with which a layer of this kind and its head come nearest to ``budget`` parameters."""
    return min(
        range(1, budget), key=lambda hidden: abs(parameter_count(kind, inputs, hidden, outputs) - budget)
    )
