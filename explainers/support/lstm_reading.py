"""What the LSTM page reads off one sequence: every gate, the states, and the gradient on its way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainers.support.contract import Array, Checkpoint
from explainers.support.lstm_by_hand import one_earlier
from explainers.support.lstm_cell import GATES
from explainers.support.lstm_tasks import TASKS, Asked
from explainers.support.measured import Measured


@dataclass(frozen=True)
class Cell:
    """The LSTM's numbers at every step of one sequence; blocks of four are i, f, g, o."""

    gates: Array  # (T, 4, H)
    c: Array  # (T, H)
    h: Array  # (T, H)
    x: Array  # (T, 8)
    W_ih: Array  # (4, H, 8)
    W_hh: Array  # (4, H, H)
    bias_ih: Array  # (4, H)
    bias_hh: Array  # (4, H)

    def terms(self, steps: list[int], units: Any = slice(None)) -> tuple[Array, Array, Array]:
        """W_i* · x_t, W_h* · h_(t − 1), and what goes into σ or tanh, at these steps: (S, 4, units) each."""
        from_x = np.einsum("ghd,td->tgh", self.W_ih[:, units], self.x[steps])
        from_h = np.einsum("ghk,tk->tgh", self.W_hh[:, units], one_earlier(self.h)[steps])
        return from_x, from_h, from_x + self.bias_ih[:, units] + from_h + self.bias_hh[:, units]


@dataclass(frozen=True)
class Reading(Measured):
    """One sequence inside the LSTM, gate by gate, and the gradient on its way back."""

    parameters: dict[str, int]
    hold: str
    words: list[str]  # (T,)
    unread: str  # what the visitor typed, if nothing in it could be read
    answer: int  # the right one; where nobody told it, the network's own
    known: bool  # whether somebody told it
    said: int  # the network's answer after the last step
    at: int  # the step that is written out, from 1
    sure: Array  # (T,) probability of the first symbol, or of a positive text, if the sequence ended here
    cell: Cell
    gradient: Array  # (T, H): ∂L/∂c_t
    gradient_rnn: Array  # (T, H of the RNN): ∂L/∂h_t of the RNN with as many parameters

    @property
    def task(self) -> str:
        """Which task this network was trained on."""
        return TASKS[int(self.numbers["task"])]

    @property
    def kept(self) -> Array:
        """What the forget gates after each step multiply to, (T, H): 1 for the last step."""
        forget = self.cell.gates[:, GATES.index("forget")]
        after = np.concatenate([forget[1:], np.ones_like(forget[:1])])
        return np.asarray(np.cumprod(after[::-1], axis=0)[::-1])

    @property
    def arrived(self) -> Array:
        """‖∂L/∂c_t‖ / ‖∂L/∂c_T‖, (T,): how much of the gradient reaches each step; 0 where there is none."""
        return of_last(self.gradient)

    @property
    def arrived_rnn(self) -> Array:
        """‖∂L/∂h_t‖ / ‖∂L/∂h_T‖ of the RNN, (T,)."""
        return of_last(self.gradient_rnn)

    @property
    def road(self) -> Array:
        """The same if the gradient travelled along the cell states alone: times the forget gates, (T,)."""
        return of_last(self.gradient[-1] * self.kept)


def of_last(gradient: Array) -> Array:
    """Lengths of gradients (T, H), over that of the last: (T,); 0 where there is none."""
    norms = np.linalg.norm(gradient, axis=1)
    return np.asarray(norms / norms[-1] if norms[-1] else 0 * norms)


def inputs_of(checkpoints: Sequence[Checkpoint], model: str, asked: Asked) -> Array:
    """What a model of each of N checkpoints reads, in double precision: x (N, T, 8)."""
    words = [checkpoint.weights.get(f"{model}.embed.weight") for checkpoint in checkpoints]  # (V + 1, 8) each
    x = asked.inputs[:, 0].numpy()  # (T, 8) or (T,)
    return np.stack([x if table is None else table[x] for table in words], dtype=np.float64)


def in_double(checkpoints: Sequence[Checkpoint], model: str) -> dict[str, Array]:
    """The parameters of a model at N checkpoints, in double precision, without its word vectors: (N, …)."""
    each = [checkpoint.arrays(model) for checkpoint in checkpoints]
    return {
        name.removeprefix("cell."): np.stack([arrays[name] for arrays in each], dtype=np.float64)
        for name in each[0]
        if name != "embed.weight"
    }


def cells_of(weights: Mapping[str, Array], *steps: Array) -> list[Cell]:
    """N LSTMs, each with its numbers at every step: gates, c, h and x, (N, T, …) each; ``weights`` (N, …)."""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    blocks = (weights[name].reshape(len(steps[0]), 4, -1, *weights[name].shape[2:]) for name in names)
    return [Cell(*own) for own in zip(*steps, *blocks, strict=True)]


def answers_from(weights: Mapping[str, Array], h: Array) -> Array:
    """Hidden states (N, T, H) → what each network would answer after each step: (N, T, K), shares of 1."""
    logits = h @ weights["head.weight"].swapaxes(-1, -2) + weights["head.bias"][..., None, :]  # (N, T, K)
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=-1, keepdims=True))


def at_the_end(weights: Mapping[str, Array], shares: Array, answers: Array) -> Array:
    """∂L/∂h_T, (N, H), from the shares (N, K) after the last step and the right answers (N,).

    L is their cross-entropy.
    """
    surprise = shares - np.eye(shares.shape[-1])[answers]  # (N, K): ∂L/∂logits = p − y
    return np.asarray((surprise[..., None, :] @ weights["head.weight"])[..., 0, :])
