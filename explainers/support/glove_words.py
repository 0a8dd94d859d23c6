"""Questions to the GloVe vectors: neighbours, analogies, distances, and which words they know."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from explainers.support.contract import Array
from explainers.support.geometry import principal_axes, projection
from explainers.support.glove_vectors import load
from explainers.support.reviews import reviews, words_by_frequency

LISTED = 8  # words in a list of answers
NEAREST = 8
# Letters and digits, with what may stand between them: x-ray, o'clock, 3.5. Signs of an analogy are none.
WORD = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")
PORTUGUESE = (
    "você", "futebol", "feijoada", "filme", "porque", "gato", "saudade", "cachorro", "amanhã", "jabuticaba",
)  # fmt: skip


def parts(text: str) -> list[str]:
    """The words of a text, in small letters, as GloVe has them."""
    return WORD.findall(text.lower())


@dataclass(frozen=True)
class Asked:
    """The words that a question is about, and what is wrong with those that were typed."""

    words: tuple[str, ...]
    problem: str = ""  # a key of the page's ``[see]`` table
    found: str | int = 0  # the word that is not known, or how many there were


@lru_cache(maxsize=256)
def asked(text: str, instead: tuple[str, ...], least: int, most: int) -> Asked:
    """The words of ``text``, if there are ``least`` to ``most`` and GloVe knows each; else ``instead``."""
    words = parts(text)
    unknown = [word for word in words if load().index(word) is None]
    if unknown:
        return Asked(instead, "unknown", unknown[0][:40])
    if not least <= len(words) <= most:
        return Asked(instead, {1: "one", 3: "three"}.get(most, "some"), len(words))
    return Asked(tuple(words))


@dataclass(frozen=True)
class Analogy:
    """b is to a as c is to …: the words nearest to a − b + c."""

    words: tuple[str, str, str]
    vectors: Array  # (4, d): a, b, c, and a − b + c
    nearest: list[tuple[str, float]]  # (word, cosine), nothing left out
    answer: str  # the nearest that is none of the three
    answer_vector: Array  # (d,)
    rank: int  # of the answer when nothing is left out, from 1


@lru_cache(maxsize=256)
def analogy(a: str, b: str, c: str) -> Analogy:
    """Which words are nearest to a − b + c, exactly, among all 400,000."""
    glove = load()
    rows = [glove.index(word) or 0 for word in (a, b, c)]
    own = glove.vectors[rows]  # (3, d)
    target = own[0] - own[1] + own[2]  # (d,)
    best = glove.nearest(target, LISTED)
    rank = next(place for place, (row, _) in enumerate(best) if row not in rows)
    answer = best[rank][0]
    return Analogy(
        (a, b, c), np.vstack([own, target]), [(glove.word(row), cosine) for row, cosine in best],
        glove.word(answer), np.array(glove.vectors[answer]), rank + 1,
    )  # fmt: skip


# Well-known questions with the answers that are quoted for them; none was left out after it was measured.
CLASSICS = (
    ("king", "man", "woman", "queen"), ("paris", "france", "italy", "rome"),
    ("berlin", "germany", "japan", "tokyo"), ("lisbon", "portugal", "spain", "madrid"),
    ("actor", "man", "woman", "actress"), ("brother", "man", "woman", "sister"),
    ("uncle", "man", "woman", "aunt"), ("walking", "walk", "swim", "swimming"),
    ("bigger", "big", "cold", "colder"), ("better", "good", "bad", "worse"),
    ("cars", "car", "apple", "apples"), ("euro", "germany", "japan", "yen"),
)  # fmt: skip


@cache
def classics() -> dict[str, int]:
    """Of the well-known questions: how many there are, for how many the quoted answer is first once the
    question's own words are left out, and how many it is first for when nothing is.
    """
    found = [(analogy(*words), expected) for *words, expected in CLASSICS]
    return {
        "n": len(found),
        "right": sum(one.answer == expected for one, expected in found),
        "right_open": sum(one.nearest[0][0] == expected for one, expected in found),
        "own": sum(one.nearest[0][0] in one.words for one, _ in found),
    }


@dataclass(frozen=True)
class Neighbours:
    """The nearest words of a word."""

    word: str
    rank: int  # of the word by frequency, from 1
    nearest: list[tuple[str, float, int]]  # (word, cosine, rank by frequency)


@lru_cache(maxsize=256)
def neighbours(word: str) -> Neighbours:
    """The nearest words by cosine, exactly, among all 400,000."""
    glove = load()
    row = glove.index(word) or 0
    best = glove.nearest(glove.vectors[row], NEAREST, [row])
    return Neighbours(word, row + 1, [(glove.word(i), cosine, i + 1) for i, cosine in best])


@dataclass(frozen=True)
class Pair:
    """Two words and what lies between them."""

    words: tuple[str, str]
    vectors: Array  # (2, d)
    dot: float
    norms: tuple[float, float]
    cosine: float
    distance: float  # |a − b|


@lru_cache(maxsize=256)
def pair(a: str, b: str) -> Pair:
    """The cosine and the distance of two words."""
    glove = load()
    own = np.stack([glove.vectors[glove.index(word) or 0] for word in (a, b)])  # (2, d)
    x, y = own.astype(np.float64)
    norms = float(np.linalg.norm(x)), float(np.linalg.norm(y))
    dot = float(x @ y)
    return Pair((a, b), own, dot, norms, dot / (norms[0] * norms[1]), float(np.linalg.norm(x - y)))


@dataclass(frozen=True)
class Map:
    """Words on the plane in which they differ most, and how far apart they are."""

    words: list[str]
    points: Array  # (N, 2)
    explained: float  # share of their variance that the plane shows
    true: Array  # (N, N) distances in d numbers
    drawn: Array  # (N, N) distances on the plane


@lru_cache(maxsize=64)
def word_plane(words: tuple[str, ...]) -> Map:
    """PCA of these words' vectors, and both kinds of distance between any two."""
    glove = load()
    vectors = np.stack([glove.vectors[glove.index(word) or 0] for word in words]).astype(np.float64)  # (N, d)
    points = projection(vectors, 2)(vectors)  # (N, 2)
    true, drawn = (np.linalg.norm(v[:, None] - v, axis=2) for v in (vectors, points))  # (N, N)
    return Map(list(words), points, float(principal_axes(vectors)[1][:2].sum()), true, drawn)


@dataclass(frozen=True)
class Coverage:
    """How much of the reviews GloVe knows."""

    words: float  # share of the distinct words
    tokens: float  # share of all tokens
    distinct: int
    missing: list[tuple[str, int]]  # (word, how often it stands there), the most frequent first


@cache
def coverage() -> Coverage:
    """Which of the reviews' words have a vector."""
    glove = load()
    counts = Counter(token for _, tokens in reviews() for token in tokens)
    missing = [(word, counts[word]) for word in words_by_frequency() if glove.index(word) is None]
    unread = sum(count for _, count in missing)
    return Coverage(
        1 - len(missing) / len(counts), 1 - unread / counts.total(), len(counts), missing[: len(PORTUGUESE)]
    )


@cache
def portuguese() -> list[Neighbours | str]:
    """Ten Portuguese words with their neighbours; only the word where GloVe has no vector for it."""
    return [neighbours(word) if load().index(word) is not None else word for word in PORTUGUESE]
