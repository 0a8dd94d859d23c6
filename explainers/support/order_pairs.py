"""Pairs of sentences that have the same words in another order, and opposite labels."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import torch

from explainers.support.reviews import Sentences, data_file, ids_of, pack, tokenize

PER_PATTERN = 36  # pairs; evenly spaced among all that the slots allow


@dataclass(frozen=True)
class Pair:
    """Two sentences of the same tokens; ``pattern`` counts the patterns of the language from 0."""

    pattern: int
    positive: str
    negative: str
    test: bool


@cache
def order_pairs(language: str) -> list[Pair]:
    """All pairs of one language (``en`` or ``pt``), pattern after pattern, always the same."""
    with data_file("order_pairs.toml").open("rb") as file:
        data = tomllib.load(file)[language]
    pairs = []
    for number, pattern in enumerate(data["pattern"]):
        used = [slot for slot in data["slots"] if "{" + slot + "}" in pattern["positive"]]
        fillings = list(product(*(data["slots"][slot] for slot in used)))
        count = min(PER_PATTERN, len(fillings))
        for i in range(count):
            words = dict(zip(used, fillings[i * len(fillings) // count], strict=True))
            positive, negative = (pattern[side].format(**words) for side in ("positive", "negative"))
            pairs.append(Pair(number, positive, negative, pattern.get("test", False)))
    return pairs


@cache
def pair_vocabulary(language: str) -> dict[str, int]:
    """Every word of the pairs → ids 1 … V in alphabetical order; 0 is left for unknown words."""
    words = {token for pair in order_pairs(language) for token in tokenize(pair.positive)}
    return {word: index for index, word in enumerate(sorted(words), start=1)}


@cache
def pair_split(language: str) -> tuple[Sentences, Sentences]:
    """The sentences of the training patterns and those of the test patterns, as ids with labels."""
    known = pair_vocabulary(language)

    def packed(test: bool) -> Sentences:
        chosen = [pair for pair in order_pairs(language) if pair.test is test]
        texts = [text for pair in chosen for text in (pair.positive, pair.negative)]
        rows = [ids_of(tokenize(text), known) for text in texts]
        return pack(rows, [1.0, 0.0] * len(chosen))

    return packed(False), packed(True)


def sample_rows(language: str) -> dict[int, str]:
    """The first pair of every test pattern: row among the test sentences → sentence, positive ones first."""
    test = [pair for pair in order_pairs(language) if pair.test]
    first = {pair.pattern: row for row, pair in reversed(list(enumerate(test)))}
    rows = [2 * row + side for row in sorted(first.values()) for side in (0, 1)]
    return {row: (test[row // 2].negative if row % 2 else test[row // 2].positive) for row in rows}


def shuffled(tokens: Sequence[str], number: int) -> list[str]:
    """The tokens in random order ``number`` (from 1), always the same for the same number.

    An order that changes nothing is turned by one place: only equal words stay as they were.
    """
    order = torch.randperm(len(tokens), generator=torch.Generator().manual_seed(number)).tolist()
    mixed = [tokens[i] for i in order]
    return mixed if mixed != list(tokens) else mixed[1:] + mixed[:1]


def mixed_up(sentences: Sentences) -> Sentences:
    """The same sentences, each with its words in a random order, always the same."""
    generator = torch.Generator().manual_seed(0)
    tokens = sentences.tokens.clone()
    for row, length in zip(tokens, sentences.lengths.tolist(), strict=True):
        row[:length] = row[torch.randperm(length, generator=generator)]
    return Sentences(tokens, sentences.lengths, sentences.labels)
