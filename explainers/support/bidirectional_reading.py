"""A text as two readers read it: whole, edited, and heard word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainers.support.bidirectional_reader import Passes, Weights
from explainers.support.bidirectional_sentences import sense_vocabulary
from explainers.support.by_hand import sigmoid
from explainers.support.contract import Array
from explainers.support.measured import Measured


@dataclass(frozen=True)
class Reading(Measured):
    """The text and the edited text as both readers read them."""

    language: str
    tokens: list[str]
    new: list[str]  # the same with one word replaced
    ids: list[int]
    at: int  # the place of the replaced word, from 1; 0 in an empty text
    tagged: int  # the place of the first word with two senses, from 1; 0 if there is none
    senses: tuple[str, str]
    weights: dict[str, Weights]  # of each reader
    read: dict[str, Passes]
    edited: dict[str, Passes]
    live: dict[str, list[Array]]  # of each reader: its logits after each word, as if the text ended there
    written: dict[str, list[str]]  # of each reader: the words that it puts after the first three
    unheard: int  # words of the text that are left out

    @property
    def asks_next(self) -> bool:
        """Whether the question is which word comes next, and not which sense a word has."""
        return len(self.weights["forward"].bias) > 1

    @property
    def moved(self) -> dict[str, Array]:
        """How far the edit moves each state of the bidirectional reader: ``ahead``, ``back``, (T,) each."""
        one, two = self.read["bidirectional"], self.edited["bidirectional"]
        pairs = {"ahead": one.ahead - two.ahead, "back": one.back - two.back}
        return {way: np.asarray(np.linalg.norm(difference, axis=1)) for way, difference in pairs.items()}

    @property
    def asked(self) -> int:
        """The word whose answer is worked out by hand: the one with two senses, else the edited one."""
        return self.tagged or self.at

    def share(self, logits: Array) -> float:
        """From 0 to 1: how sure it is of the second sense, or of the next word that it names."""
        if self.asks_next:
            return float(1 / np.exp(logits - logits.max()).sum())
        return float(sigmoid(logits[0]))

    def says(self, logits: Array) -> str:
        """The next word that it names, or the sense."""
        if self.asks_next:
            return ["…", *sense_vocabulary(self.language)][int(logits.argmax())]
        return self.senses[int(logits[0] > 0)]


def by_hand(reading: Reading, t: int) -> dict[str, Any]:
    """The answer at word t (from 1): concatenated states (2H, 1), their sums, the share it comes to."""
    if not t:
        return {}
    own, text, place = reading.weights["bidirectional"], reading.read["bidirectional"], t - 1
    row = int(text.logits[place].argmax())  # of the next word that it names; 0 where there is one answer
    joined, weight = text.joined[place], own.score[row]  # (2H,) each
    halves = (joined * weight).reshape(2, -1).sum(axis=1)  # (2,)
    return {
        "joined": joined[:, None], "weight": weight[:, None], "product": (joined * weight)[:, None],
        "halves": halves[:, None], "offset": [[own.bias[row]]], "total": [[halves.sum() + own.bias[row]]],
        "chance": [[reading.share(text.logits[place])]],
    }  # fmt: skip


def two_ways_frame(reading: Reading, shown: int, asked: Sequence[int]) -> dict[str, Any]:
    """The numbers of both passes over the first words, term by term, and of the answers at ``asked``."""
    own, text = reading.weights["bidirectional"], reading.read["bidirectional"]
    assert own.back
    start = np.zeros((1, text.ahead.shape[1]))  # (1, H): where each pass begins
    memories = {"ahead": np.concatenate([start, text.ahead]), "back": np.concatenate([text.back, start])[1:]}
    frame: dict[str, Any] = {}
    for way, step, states in (("ahead", own.ahead, text.ahead), ("back", own.back, text.back)):
        added = step.terms(text.vectors[:shown], memories[way][:shown])  # (shown, H, 1) each
        frame |= {f"{way}_b_ih": added.pop("b_ih"), f"{way}_b_hh": added.pop("b_hh")}
        for name, columns in ((way, states[:shown, :, None]), *((f"{way}_{n}", c) for n, c in added.items())):
            frame |= {f"{name}{t}": column for t, column in enumerate(columns, start=1)}
    for t, word in enumerate(reading.tokens[:shown], start=1):
        frame[f"word{t}"] = frame[f"again{t}"] = [[word]]
    for t in asked:
        hand = by_hand(reading, t)
        frame[f"answer{t}"] = [[reading.says(text.logits[t - 1])]] if reading.asks_next else hand["chance"]
        frame |= {f"from_ahead{t}": hand["halves"][:1], f"from_back{t}": hand["halves"][1:]}
        frame |= {f"logit{t}": hand["total"], f"chance{t}": hand["chance"], f"bias{t}": hand["offset"]}
    return frame
