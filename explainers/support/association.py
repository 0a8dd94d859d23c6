"""Which words lean towards which: a difference of cosines, and how often chance shows as much.

The measure and the test over splits are those of Caliskan, Bryson and Narayanan (Science, 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import torch

from explainers.support.contract import Array
from explainers.support.geometry import cosine_distances
from explainers.support.glove_vectors import load

FEMALE = ("female", "woman", "girl", "sister", "she", "her", "hers", "daughter")  # both sets: Caliskan et al.
MALE = ("male", "man", "boy", "brother", "he", "him", "his", "son")
# Occupations in which women are a large majority, and a small minority, of those who work in the United
# States (Bureau of Labor Statistics). Chosen before their numbers were seen, and none left out after.
BY_WOMEN = (
    "nurse", "receptionist", "hairdresser", "librarian", "secretary", "cleaner", "nanny", "bookkeeper",
)  # fmt: skip
BY_MEN = ("carpenter", "mechanic", "electrician", "plumber", "pilot", "engineer", "firefighter", "programmer")
OCCUPATIONS = BY_WOMEN + BY_MEN
COMMON = 10_000  # random words are among the most frequent ones
DRAWS = 2_000


def leaning(cosines: Array, first: Array, second: Array) -> Array:
    """Mean cosine with the first set minus that with the second: above 0, a word leans to the first.

    ``cosines`` (N, V) of N words with all; ``first``, ``second`` (…, M) are rows of these V. Result (N, …).
    """
    return np.asarray(cosines[:, first].mean(axis=-1) - cosines[:, second].mean(axis=-1))


def gaps_of_splits(values: Array) -> Array:
    """Mean of one half of the values (2M,) minus that of the other, for every way to halve them: (K,)."""
    M = len(values) // 2
    halves = np.array(list(combinations(range(2 * M), M)))  # (K, M)
    half = values[halves].sum(axis=1)  # (K,)
    return np.asarray((2 * half - values.sum()) / M)


def draws(count: int, size: int, words: int) -> Array:
    """``count`` sets of ``size`` different numbers below ``words``, always the same: (count, size)."""
    generator = torch.Generator().manual_seed(0)
    return torch.stack([torch.randperm(words, generator=generator)[:size] for _ in range(count)]).numpy()


@dataclass(frozen=True)
class Leaning:
    """How far two groups of words lean from one set to another, and how often chance does as much."""

    values: Array  # (2M,) difference of cosines of each word, above 0: to the first set
    gap: float  # mean of the first group minus mean of the second
    effect: float  # the gap in standard deviations of all values
    splits: int  # ways to halve these words
    share_splits: float  # of these ways that part the words as far (one is the one that was seen)
    share_random: float  # of pairs of sets of random words between which the groups differ as much


def measure(
    vectors: Array, groups: tuple[Sequence[int], Sequence[int]], sets: tuple[Sequence[int], Sequence[int]]
) -> Leaning:
    """How far two groups of words differ in their leaning between two sets of words.

    All are rows of ``vectors`` (V, d), from which the random words come, too. Shares count both signs.
    """
    first, second = (np.array(rows) for rows in sets)
    M = len(groups[0])
    cosines = 1 - cosine_distances(vectors[[*groups[0], *groups[1]]], vectors)  # (2M, V)
    values = leaning(cosines, first, second)  # (2M,)
    gap = values[:M].mean() - values[M:].mean()
    splits = gaps_of_splits(values)  # (K,)
    drawn = draws(DRAWS, len(first) + len(second), len(vectors))  # (D, …)
    random = leaning(cosines, drawn[:, : len(first)], drawn[:, len(first) :])  # (2M, D)
    gaps = random[:M].mean(axis=0) - random[M:].mean(axis=0)  # (D,)
    reached = abs(gap) - 1e-12  # the split that was seen reaches itself, however it is rounded
    return Leaning(
        values, float(gap), float(gap / values.std(ddof=1)), len(splits),
        float((np.abs(splits) >= reached).mean()), float((np.abs(gaps) >= reached).mean()),
    )  # fmt: skip


@cache
def gender_of_occupations() -> Leaning:
    """How far the occupations lean in GloVe: above 0 to the female words, below 0 to the male ones."""
    glove = load()
    rows = [[glove.index(word) or 0 for word in words] for words in (BY_WOMEN, BY_MEN, FEMALE, MALE)]
    everything = sorted({*range(COMMON), *(row for part in rows for row in part)})
    a, b, first, second = ([everything.index(row) for row in part] for part in rows)
    return measure(np.asarray(glove.vectors[everything]), (a, b), (first, second))
