"""A recurrent reader: a vector per word, a state after every word, an answer from every state.

What it does to one text, number by number; and what is measured of it on many, such as how far one changed
word still moves the states after it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.by_hand import Step, sigmoid
from explainers.support.contract import Array
from explainers.support.reviews import Sentences, chance

FOLLOWED = 8  # words after a change, the changed one counted, over which its effect is followed
SATURATED = 0.99  # |h| above it: tanh is flat there, 1 − h² < 0.02


class StateReader(nn.Module):
    """``V`` words of ``dim`` numbers each, read one after another into a state of ``units`` numbers."""

    def __init__(self, V: int, dim: int, units: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(V + 1, dim)  # (V + 1, d); row 0 is for unknown words
        self.rnn = nn.RNN(dim, units, batch_first=True)  # W_ih (H, d), W_hh (H, H), b_ih and b_hh (H,)
        self.score = nn.Linear(units, 1)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (N, T) → the states after every word (N, T, H), and the logits of those states (N, T)."""
        states, _ = self.rnn(self.embed(tokens))
        return states, self.score(states).squeeze(-1)


@dataclass(frozen=True)
class Unrolled:
    """One text as the network reads it."""

    tokens: list[str]
    ids: list[int]  # (T,)
    vectors: Array  # (T, d)
    states: Array  # (T + 1, H), h_0 = 0 first
    logits: Array  # (T + 1,) read off each state

    @property
    def answers(self) -> Array:
        """From 0 to 1, positive above 0.5: what the network would say if the text ended there. (T + 1,)."""
        return sigmoid(self.logits)

    def around(self, t: int) -> tuple[Array, Array]:
        """What goes into h_t, t from 1: the vector of word t (d,) and the state before it (H,)."""
        return self.vectors[t - 1], self.states[t - 1]

    @property
    def saturated(self) -> Array:
        """Of each state h_1 … h_T, the share of its numbers beyond ±0.99, where tanh is flat. (T,)."""
        return np.asarray((np.abs(self.states[1:]) > SATURATED).mean(axis=1))


def torch_states(vectors: Array, step: Step) -> Array:
    """What ``unroll`` gives, from ``nn.RNN`` in double precision; for an empty text h_0 alone."""
    H, d = step.W_ih.shape
    rnn = nn.RNN(d, H, dtype=torch.float64)
    with torch.no_grad():
        values = (step.W_ih, step.W_hh, step.b_ih, step.b_hh)
        for parameter, value in zip(rnn.parameters(), values, strict=True):
            parameter.copy_(torch.as_tensor(value))
        states = rnn(torch.as_tensor(vectors))[0].numpy() if len(vectors) else np.zeros((0, H))
    return np.concatenate([np.zeros((1, H)), states])


def loss_at_every_word(logits: Tensor, batch: Sentences) -> Tensor:
    """Mean binary cross entropy of logits (N, T): the answer is asked for after every word, not at the end.

    Asked at the last word alone, 3 of 8 seeds (101 to 108) stayed near chance on the reviews.
    """
    labels = batch.labels[:, None].expand_as(logits)
    each = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")  # (N, T)
    return (each * batch.mask()).sum() / batch.mask().sum()


def backwards(batch: Sentences) -> Sentences:
    """The same sentences with their words from last to first; the padding stays at the end."""
    places = batch.lengths[:, None] - 1 - torch.arange(batch.tokens.shape[1])  # (N, T), below 0 in padding
    tokens = batch.tokens.gather(1, places.clamp(min=0)) * (places >= 0)
    return Sentences(tokens, batch.lengths, batch.labels)


def share_right(logits: Tensor, batch: Sentences) -> float:
    """Of logits (N, T), the share whose last word's has the label's side."""
    last = logits[torch.arange(len(batch.lengths)), batch.lengths - 1]  # (N,)
    return float(((last > 0) == (batch.labels > 0)).float().mean())


@torch.no_grad()
def measured(model: StateReader, test: Sentences) -> dict[str, float]:
    """What a reader does on the test sentences.

    ``loss`` and ``accuracy``; ``chance``, what always giving the more frequent answer reaches;
    ``accuracy_backwards`` on the sentences reversed; ``saturated``, the share of
    the numbers in all states beyond ±0.99; ``change_0`` … ``change_7``, the mean distance between the states
    of a sentence and of the same one with another first word, that word and 7 more having been read.
    """
    states, logits = model(test.tokens)
    mask = test.mask()
    saturated = (states.abs() > SATURATED).float().mean(dim=-1)  # (N, T)
    whole = test.pick((test.lengths >= FOLLOWED).nonzero().squeeze(-1)).tokens[:, :FOLLOWED]  # (M, 8)
    other = whole.clone()
    other[:, 0] = whole[:, 0].roll(1)  # the first word of the sentence before
    changed = (model(whole)[0] - model(other)[0]).norm(dim=-1)[whole[:, 0] != other[:, 0]].mean(dim=0)
    return {
        "loss": float(loss_at_every_word(logits, test)),
        "accuracy": share_right(logits, test),
        "chance": chance(test.labels),
        "accuracy_backwards": share_right(model(backwards(test).tokens)[1], test),
        "saturated": float((saturated * mask).sum() / mask.sum()),
        **{f"change_{k}": float(distance) for k, distance in enumerate(changed)},
    }
