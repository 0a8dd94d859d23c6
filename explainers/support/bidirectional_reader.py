"""A reader in one direction or in both: torch's layer, the same by hand, and what is measured on tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from explainers.support.bidirectional_sentences import Tagged
from explainers.support.by_hand import Step, each_product, rnn_cell, unroll
from explainers.support.contract import Array

SCORE = ("score.weight", "score.bias")


class Reader(nn.Module):
    """Word vectors, one recurrent layer that reads from the start or from both ends, an answer per word."""

    def __init__(self, V: int, dim: int, units: int, answers: int, both: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(V + 1, dim)  # (V + 1, d); row 0 is for unknown words
        self.rnn = nn.RNN(dim, units, batch_first=True, bidirectional=both)
        self.score = nn.Linear(units * (2 if both else 1), answers)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Tokens (N, T) → what is known at every word: (N, T, H), or both halves end to end (N, T, 2H)."""
        packed = pack_padded_sequence(self.embed(tokens), lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.rnn(packed)[0], batch_first=True, total_length=tokens.shape[1])[0]

    def cut(self, tokens: Tensor, states: Tensor) -> Tensor:
        """What is known at every word if the text ended there: the backward half begins at that word."""
        if not self.rnn.bidirectional:
            return states
        H = self.rnn.hidden_size
        alone = self.rnn(self.embed(tokens).reshape(-1, 1, self.rnn.input_size))[0][:, 0, H:]  # (N·T, H)
        return torch.cat([states[..., :H], alone.reshape(*tokens.shape, H)], dim=-1)


def at_the_word(values: Tensor, batch: Tagged) -> Tensor:
    """(N, T, D) → (N, D): those at the word with two senses."""
    return values[torch.arange(len(batch.at)), batch.at]


def loss_of(model: Reader, batch: Tagged, states: Tensor) -> Tensor:
    """Cross entropy: of the sense at its word, or of the next word at every word."""
    if model.score.out_features == 1:
        logits = model.score(at_the_word(states, batch)).squeeze(-1)  # (N,)
        return nn.functional.binary_cross_entropy_with_logits(logits, batch.labels)
    mask = batch.mask()
    return nn.functional.cross_entropy(model.score(states[mask]), batch.following[mask])


def rights(model: Reader, batch: Tagged, states: Tensor) -> dict[str, float]:
    """Shares of right answers where the cue stands ``before`` the word and where it stands ``after``."""
    if model.score.out_features == 1:
        right = (model.score(at_the_word(states, batch)).squeeze(-1) > 0) == (batch.labels > 0)
        groups = {"before": right[~batch.after], "after": right[batch.after]}
    else:
        mask = batch.mask()
        right = model.score(states).argmax(-1) == batch.following  # (N, T)
        groups = {"before": right[mask & ~batch.after[:, None]], "after": right[mask & batch.after[:, None]]}
    groups["all"] = torch.cat([*groups.values()])
    return {name: float(group.float().mean()) for name, group in groups.items()}


@torch.no_grad()
def measured(models: dict[str, Reader], test: Tagged) -> dict[str, float]:
    """Loss and right answers of each reader; ``cut``: with all that comes after the word left out."""
    numbers = {}
    for name, model in models.items():
        states = model(test.tokens, test.lengths)
        numbers[f"loss_{name}"] = float(loss_of(model, test, states))
        numbers |= {f"{name}_{place}": share for place, share in rights(model, test, states).items()}
        if name == "bidirectional":
            alone = rights(model, test, model.cut(test.tokens, states))
            numbers |= {f"cut_{place}": share for place, share in alone.items()}
    return numbers


@dataclass(frozen=True)
class Weights:
    """The numbers of one reader, as torch names them, in double precision."""

    embed: Array  # (V + 1, d)
    ahead: Step  # the pass from the first word to the last
    back: Step | None  # the pass from the last word to the first; none in a reader that goes one way
    score: Array  # (answers, H), or (answers, 2H)
    bias: Array  # (answers,)

    @classmethod
    def of(cls, named: Mapping[str, Array]) -> "Weights":
        """From torch's own names, without the reader's."""
        both = "rnn.weight_ih_l0_reverse" in named
        embed, score, bias = (named[name].astype(np.float64) for name in ("embed.weight", *SCORE))
        back = Step.of(named, "rnn", "_l0_reverse") if both else None
        return cls(embed, Step.of(named, "rnn"), back, score, bias)


@dataclass(frozen=True)
class Passes:
    """A text as a reader reads it."""

    vectors: Array  # (T, d)
    ahead: Array  # (T, H), →h_1 … →h_T: each knows its word and those before
    back: Array  # (T, H), ←h_1 … ←h_T: each knows its word and those after; (T, 0) in a reader of one way
    logits: Array  # (T, answers)

    @property
    def joined(self) -> Array:
        """[→h_t ; ←h_t] for every word: (T, 2H), or (T, H)."""
        return np.concatenate([self.ahead, self.back], axis=1)


def passes(ids: Sequence[int], weights: Weights) -> Passes:
    """Both passes by hand (Schuster & Paliwal, 1997): the same recurrence, once from each end."""
    vectors = weights.embed[list(ids)]  # (T, d)
    ahead = unroll(vectors, weights.ahead)[1:]  # (T, H)
    back = unroll(vectors[::-1], weights.back)[:0:-1] if weights.back else ahead[:, :0]
    return Passes(vectors, ahead, back, answers(ahead, back, weights))


def answers(ahead: Array, back: Array, weights: Weights) -> Array:
    """The logits (T, answers) at words whose states are known: →h_t (T, H), and ←h_t (T, H) or (T, 0)."""
    return each_product(weights.score, np.concatenate([ahead, back], axis=1)) + weights.bias


def heard(text: Passes, places: Sequence[int], weights: Weights) -> Array:
    """What a reader says when no more than the first t words have been heard, for t = 1 … n: (n, answers).

    The pass from the start is that over the whole text. The one from the end begins anew at word t; those
    that have begun go on to the words before, all in one go.

    Args:
        text: with n words or more.
        places: of each t, the word (from 0, before t) that is asked about.
        weights: of the reader.

    """
    n, at = len(places), np.asarray(places, int)
    back = np.zeros_like(text.back[:n])  # (n, H)
    if weights.back and n:
        states = np.zeros_like(back)  # (n, H): row t − 1 is the pass that begins at word t
        for place, a in reversed(list(enumerate(weights.back.read(text.vectors[:n])))):
            states[place:] = rnn_cell(weights.back, a, states[place:])["state"]
            back[at == place] = states[at == place]
    return answers(text.ahead[at], back, weights)


def write_on(ids: Sequence[int], weights: Weights, end: int, most: int = 8) -> list[int]:
    """The words that a reader puts after a text, each the likeliest, until a full stop (``end``)."""
    text = list(ids)
    while len(text) - len(ids) < most:
        new = int(passes(text, weights).logits[-1].argmax())
        text.append(new)
        if new == end:
            break
    return text[len(ids) :]
