"""The real reviews: words, ids, and the clear sentences that the classifiers learn from."""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

# A token is a run of letters (Portuguese ones, too, and the apostrophe) or one mark that ends a thought.
TOKEN = re.compile(r"[a-zà-öø-ÿ']+|[.,!?]")
# The vocabulary is made of a to z alone: the few accented words of the English reviews (café, cliché) are cut
# there, and a visitor's café is unknown.
REVIEW_TOKEN = re.compile(r"[a-z']+|[.,!?]")
UNKNOWN = 0  # the id of every word that the vocabulary does not hold


def data_file(name: str) -> Path:
    """Where a data file lies: beside this file or a folder above it, or in a ``data`` folder there.

    Raises:
        FileNotFoundError: with a sentence that names the file.

    """
    here = Path(__file__).resolve()
    for folder in [*here.parents, Path.cwd()]:
        for path in (folder / name, folder / "data" / name):
            if path.is_file():
                return path
    raise FileNotFoundError(
        f"{name} is not here: put it beside this file. The page that gave you this offers it."
    )


def tokenize(text: str) -> list[str]:
    """Lower-case words and the marks . , ! ? in their order; everything else is dropped."""
    return TOKEN.findall(text.lower())


@cache
def reviews() -> list[tuple[float, list[str]]]:
    """All 14,299 review sentences as (rating from −4 to 4, tokens)."""
    with gzip.open(data_file("reviews_en.csv.gz"), "rt", encoding="utf-8") as file:
        return [
            (float(row["rating"]), REVIEW_TOKEN.findall(row["text"].lower())) for row in csv.DictReader(file)
        ]


@cache
def corpus_tokens() -> int:
    """How many tokens all reviews have."""
    return sum(len(tokens) for _, tokens in reviews())


@cache
def words_by_frequency() -> list[str]:
    """Every distinct word of the reviews, the most frequent first, ties in alphabetical order."""
    counts = Counter(token for _, tokens in reviews() for token in tokens)
    return sorted(counts, key=lambda word: (-counts[word], word))


@cache
def vocabulary(size: int) -> dict[str, int]:
    """The ``size`` most frequent words of the reviews → ids 1 … size; 0 is left for unknown words."""
    return {word: index for index, word in enumerate(words_by_frequency()[:size], start=1)}


def ids_of(tokens: Iterable[str], known: Mapping[str, int]) -> list[int]:
    """The ids of words; ``UNKNOWN`` for those that the vocabulary ``known`` does not hold."""
    return [known.get(token, UNKNOWN) for token in tokens]


@cache
def clear_sentences() -> list[tuple[float, list[str]]]:
    """The sentences whose raters agree (|rating| ≥ 1), of 3 to 20 tokens: (rating, tokens)."""
    return [(rating, tokens) for rating, tokens in reviews() if abs(rating) >= 1 and 3 <= len(tokens) <= 20]


@dataclass(frozen=True)
class Sentences:
    """Sentences of ids, padded at the end, with their labels.

    ``tokens`` (N, T) int64, ``lengths`` (N,) int64, ``labels`` (N,) float32, 1 for positive.
    """

    tokens: Tensor
    lengths: Tensor
    labels: Tensor

    def pick(self, rows: Tensor) -> "Sentences":
        """The sentences of ``rows``, cut to the longest among them."""
        lengths = self.lengths[rows]
        return Sentences(self.tokens[rows, : int(lengths.max())], lengths, self.labels[rows])

    def draw(self, size: int, generator: torch.Generator) -> "Sentences":
        """``size`` sentences at random, with replacement."""
        return self.pick(torch.randint(len(self.labels), (size,), generator=generator))

    def mask(self) -> Tensor:
        """(N, T) float32: 1 where a token stands, 0 where there is padding."""
        return (torch.arange(self.tokens.shape[1]) < self.lengths[:, None]).float()


def chance(labels: Tensor) -> float:
    """What always giving the more frequent of two answers gets right; ``labels`` are 0 or 1."""
    positive = float(labels.float().mean())
    return max(positive, 1 - positive)


def pack(texts: list[list[int]], labels: list[float]) -> Sentences:
    """Lists of ids and their labels → padded tensors. No text may be empty."""
    lengths = torch.tensor([len(text) for text in texts])
    tokens = torch.zeros(len(texts), int(lengths.max()), dtype=torch.int64)
    for row, text in enumerate(texts):
        tokens[row, : len(text)] = torch.tensor(text)
    return Sentences(tokens, lengths, torch.tensor(labels, dtype=torch.float32))


@cache
def split_sentences() -> tuple[list[tuple[float, list[str]]], list[tuple[float, list[str]]]]:
    """The clear sentences: (training 80 %, test 20 %), always the same.

    Every fifth sentence of a fixed shuffle is for testing, so that all pages test on the same sentences.
    """
    chosen = clear_sentences()
    order = torch.randperm(len(chosen), generator=torch.Generator().manual_seed(0)).tolist()
    return [chosen[i] for n, i in enumerate(order) if n % 5], [chosen[i] for i in order[::5]]


@cache
def review_split(words: int) -> tuple[Sentences, Sentences]:
    """The sentences of ``split_sentences`` as ids of a vocabulary of ``words``: (training, test)."""
    known = vocabulary(words)
    training, test = (
        pack([ids_of(tokens, known) for _, tokens in part], [float(rating > 0) for rating, _ in part])
        for part in split_sentences()
    )
    return training, test
