"""An LSTM written out so that its gates can be watched and held at every step; and cells of like size.

In torch and for many sequences at once: the page holds gates over a whole test set. One sequence for a
reader's eye, and the gradient on its way back, stand in ``lstm_by_hand``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

GATES = ("input", "forget", "candidate", "output")  # the order of torch's rows: i, f, g, o
BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}  # of H rows each in W_ih and W_hh


@dataclass(frozen=True)
class Steps:
    """What an LSTM holds after every step.

    ``gates``: T tensors (B, 4, H); i, f and o from 0 to 1, g from −1 to 1. ``c`` and ``h``: T tensors (B, H).
    """

    gates: list[Tensor]
    c: list[Tensor]
    h: list[Tensor]


def unroll_lstm(weights: Mapping[str, Tensor], x: Tensor, held: Tensor) -> Steps:
    """Read x (T, B, I) with the parameters of an ``nn.LSTM``, from zero states.

    ``held`` (B, 4, 1) stands in the place of a gate, at every step and in every unit; NaN lets it be.
    """
    W_hh = weights["weight_hh_l0"].T  # (H, 4H)
    from_x = x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"]  # (T, B, 4H)
    h = c = x.new_zeros(x.shape[1], len(W_hh))  # (B, H)
    steps, free = Steps([], [], []), held.isnan()
    for now in from_x:
        sums = (now + h @ W_hh).unflatten(-1, (4, -1))  # (B, 4, H)
        own = torch.cat((sums[:, :2].sigmoid(), sums[:, 2:3].tanh(), sums[:, 3:].sigmoid()), dim=1)
        gates = torch.where(free, own, held)  # (B, 4, H)
        i, f, g, o = gates.unbind(dim=1)  # each (B, H)
        c = f * c + i * g
        h = o * torch.tanh(c)
        steps.gates.append(gates)
        steps.c.append(c)
        steps.h.append(h)
    return steps


def held_by(holds: Sequence[str], each: int = 1) -> Tensor:
    """``forget_shut`` → 0 in the forget gate's place, ``free`` → NaN in all: (holds · each, 4, 1)."""
    held = torch.full((len(holds), 4, 1), torch.nan)
    for row, hold in enumerate(holds):
        gate, _, how = hold.partition("_")
        if how:
            held[row, GATES.index(gate)] = float(how == "open")
    return held.repeat_interleave(each, dim=0)


def parameter_count(kind: str, inputs: int, hidden: int, outputs: int) -> int:
    """How many numbers a recurrent layer of torch (``rnn``, ``gru``, ``lstm``) and a linear head learn."""
    return BLOCKS[kind] * hidden * (inputs + hidden + 2) + (hidden + 1) * outputs


def hidden_for(kind: str, inputs: int, outputs: int, budget: int) -> int:
    """The hidden size with which a layer of this kind and its head come nearest to ``budget`` parameters."""
    return min(
        range(1, budget), key=lambda hidden: abs(parameter_count(kind, inputs, hidden, outputs) - budget)
    )
