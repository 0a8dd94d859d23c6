"""What MiniLM makes of a visitor's sentences: a word's vectors, what an edit moves, where a head looks."""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import nan, sqrt

import numpy as np
import torch

from explainers.support.bert_model import Encoded, load_encoder
from explainers.support.contract import Array
from explainers.support.glove_vectors import load as load_glove
from explainers.support.measured import Measured

PART = re.compile(r"[^\W_]+|[^\w\s]|_")  # a word or a mark: BERT, too, cuts at each before it makes pieces
MARKUP = re.compile(r"[<>\[\](){}*_`:]")  # left out where the visitor's word stands in a sentence
KEPT = 48  # readings and texts kept in memory


def cosine(a: Array, b: Array) -> float:
    """a·b / √(a·a · b·b), so that a vector and itself give exactly 1; 0 where one is all zeros."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(a @ b / (sqrt(float((a @ a) * (b @ b))) or 1.0))


@lru_cache(maxsize=KEPT)
def encoded(text: str) -> Encoded:
    """A text through MiniLM, kept: 30 checkpoints of a training ask for the same."""
    return load_encoder().encode(text)


def place_of(word: str, text: str) -> tuple[int, int] | None:
    """Which characters of a text are this word, as a whole word and first found; None if it is not there."""
    word = word.strip()
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) if word else None
    return found.span() if found else None


@dataclass(frozen=True)
class Side:
    """One of the two sentences, and where the word stands in it."""

    text: str
    pieces: list[str]  # T, with [CLS] and [SEP]
    at: list[int]  # the places of the word's pieces; none if the word is not there
    vectors: Array  # (L + 1, d): the mean of its pieces, layer by layer; zeros if it is not there
    sentence: Array  # (d,): the mean over all pieces of the last layer


def side(text: str, word: str) -> Side:
    """One sentence read."""
    found, span = encoded(text), place_of(word, text)
    at = found.pieces_of(*span) if span else []
    own = found.hidden[:, at].mean(dim=1) if at else torch.zeros_like(found.hidden[:, 0])  # (L + 1, d)
    return Side(text, found.pieces, at, own.numpy(), found.hidden[-1].mean(dim=0).numpy())


@dataclass(frozen=True)
class Edit:
    """The first sentence with one word replaced: how far the vector of every word moved."""

    words: list[str]  # the first sentence's, [CLS] and [SEP] around them
    at: int  # the place of the replaced word among them; 0 if none was
    old: str
    new: str
    moved: Array  # (L + 1, words): Euclidean distances, each word the mean of its pieces


def by_word(text: str) -> tuple[list[str], Array]:
    """The words of a text, [CLS] and [SEP] around them, and their vectors (L + 1, words, d)."""
    found = encoded(text)
    places = [(m.group(), at) for m in PART.finditer(text) if (at := found.pieces_of(*m.span()))]
    named = [("[CLS]", [0]), *places, ("[SEP]", [len(found.pieces) - 1])]
    vectors = torch.stack([found.hidden[:, at].mean(dim=1) for _, at in named], dim=1)  # (L + 1, words, d)
    return [name for name, _ in named], vectors.numpy()


def edited(text: str, at: int, new: str) -> Edit:
    """Word number ``at`` (from 1; beyond the end: the last) replaced by the first word of ``new``."""
    words, before = by_word(text)
    spans = [m.span() for m in PART.finditer(text) if encoded(text).pieces_of(*m.span())]
    found = PART.search(new)
    nothing = Edit(words, 0, "", found.group() if found else "", np.zeros(before.shape[:2]))
    if not spans or not found:
        return nothing
    place = min(at, len(spans))
    start, end = spans[place - 1]
    _, after = by_word(text[:start] + found.group() + text[end:])
    if after.shape != before.shape:  # the new word is none that BERT sees, or longer than the text may be
        return nothing
    return Edit(words, place, words[place], found.group(), np.linalg.norm(after - before, axis=2))


@dataclass(frozen=True)
class Head:
    """One head on the first sentence, and the word's last vector without it."""

    layer: int
    number: int
    pieces: list[str]  # T
    scores: Array  # (T, T): q·k / √(d / H), before softmax
    weights: Array  # (T, T): each row sums to 1
    asks: int  # the piece whose row is followed: the word's first, or the first after [CLS]
    without: float  # how far its last vector turns when the head is silent: 1 − cosine
    shuffled: float  # and when the head's weights are moved on by one piece


@torch.no_grad()
def head_of(text: str, asks: int, layer: int, number: int) -> Head:
    """Head ``number`` of layer ``layer``, both from 1; the rest of the network is run again without it.

    The head's output is set to 0, or its row of weights is moved round by one piece, so that it looks
    elsewhere, as sharply as before (after Jain & Wallace, 2019).
    """
    encoder, found = load_encoder(), encoded(text)
    block = encoder.shared_layer(layer)
    own = block.attention
    x = found.hidden[layer - 1]  # (T, d)
    rows = slice((number - 1) * x.shape[1] // own.H, number * x.shape[1] // own.H)  # this head's numbers
    q, k = own.query(x)[:, rows], own.key(x)[:, rows]  # (T, d / H)
    scores = q @ k.T / sqrt(k.shape[1])  # (T, T)
    weights = found.attentions[layer - 1, number - 1]  # (T, T)
    # Both changes as one batch: each layer's weights are fetched from memory once.
    heads = found.attentions[layer - 1].repeat(2, 1, 1, 1)  # (2, H, T, T)
    heads[0, number - 1], heads[1, number - 1] = 0, weights.roll(1, dims=1)
    values = own.value(x).view(len(x), own.H, -1).transpose(0, 1)  # (H, T, d / H)
    mixed = (heads @ values).transpose(1, 2).reshape(2, *x.shape)  # (2, T, d), the heads side by side
    y = block.attention_norm(x + own.out(mixed))
    y = block.norm(y + block.narrow(torch.nn.functional.gelu(block.wide(y))))  # (2, T, d)
    for rest in encoder.bert.layers[layer:]:
        y, _ = rest(y, torch.zeros(2, len(x), dtype=torch.bool))
    # 1 − cosine between the last vector of the piece that asks and the one with changed weights.
    without, shuffled = (1 - cosine(one.numpy(), found.hidden[-1, asks].numpy()) for one in y[:, asks])
    return Head(
        layer, number, found.pieces, scores.numpy(), weights.numpy(), asks, without, shuffled,
    )  # fmt: skip


@dataclass(frozen=True)
class Look:
    """All that depends on the sentences and on where one looks, and not on the training."""

    word: str
    sides: tuple[Side, Side]
    known: bool  # whether GloVe has the word
    static: float  # cosine of GloVe's one vector with itself; nan for a word it has not
    similarities: Array  # (L + 1,): of the word's vectors in the two sentences; nan where it is missing
    sentences: float  # cosine of the two sentence vectors
    edit: Edit
    head: Head
    sum_error: float  # the largest |row sum − 1| over all heads and layers of the first sentence

    @property
    def missing(self) -> list[int]:
        """Which of the sentences, 1 and 2, do not hold the word."""
        return [number for number, one in enumerate(self.sides, start=1) if not one.at]


@lru_cache(maxsize=KEPT)
def look(first: str, second: str, word: str, edit: str, at: int, layer: int, head: int) -> Look:
    """Read both sentences, edit the first, and look at one head on it."""
    sides = (side(first, word), side(second, word))
    vector = load_glove().vector(word.strip().lower())
    a, b = (one.vectors for one in sides)
    both = sides[0].at and sides[1].at
    similar = [cosine(u, v) if both else nan for u, v in zip(a, b, strict=True)]
    asks = sides[0].at[0] if sides[0].at else min(1, len(sides[0].pieces) - 1)
    sums = encoded(first).attentions.double().sum(dim=-1)  # (L, H, T)
    return Look(
        MARKUP.sub("", word).strip(), sides, vector is not None,
        nan if vector is None else cosine(vector, vector),
        np.array(similar), cosine(sides[0].sentence, sides[1].sentence),
        edited(first, at, edit), head_of(first, asks, layer, head), float((sums - 1).abs().max()),
    )  # fmt: skip


@dataclass(frozen=True)
class Reading(Measured):
    """What one checkpoint says: MiniLM's reading, and the answers of the head on frozen vectors."""

    look: Look
    answers: tuple[float, float]  # from 0 to 1, positive above 0.5
