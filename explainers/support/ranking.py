"""One task for all encoders: the reviews nearest to a sentence, and how often they are of its opinion."""

import csv
import gzip
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import Lock, Thread
from time import thread_time
from typing import Any

import numpy as np
import torch
from pydantic import SecretStr

from explainers.support import bertimbau, encoders, openai_vectors
from explainers.support.contest import Entry, UnavailableError
from explainers.support.contract import Array, Say
from explainers.support.encoders import TextEncoder
from explainers.support.reviews import REVIEW_TOKEN, data_file

LIMIT = 280  # characters of a sentence
SECRET = "OPENAI_API_KEY"
REVIEWS = 400  # in the corpus, as many good as bad ones
NEAREST = 5
CANDIDATES = 10  # of each free encoder, which the paid one then ranks
MOST_KEPT = 1_000  # paid vectors that a session keeps: all reviews, and 600 sentences
FREE = ("one_hot", "glove", "minilm")
LOCAL, PAID = "bertimbau", "openai"
MAKERS: dict[str, Callable[[], TextEncoder]] = {
    "one_hot": encoders.one_hot,
    "glove": encoders.glove,
    "minilm": encoders.minilm,
    LOCAL: encoders.portuguese,
}

_lock, _one_at_a_time = Lock(), Lock()
_built: dict[str, "Index"] = {}
_making: dict[str, Thread] = {}
_why: dict[str, Say] = {}


@dataclass(frozen=True)
class Corpus:
    """Review sentences ``texts`` (N) and what people thought of them: ``ratings`` (N,), −4 to 4."""

    texts: tuple[str, ...]
    ratings: Array


@cache
def corpus(size: int = REVIEWS, seed: int = 0) -> Corpus:
    """Clear sentences of 3 to 20 words and marks, half of them positive, drawn with ``seed``."""
    with gzip.open(data_file("reviews_en.csv.gz"), "rt", encoding="utf-8") as file:
        rows = {row["text"].strip(): float(row["rating"]) for row in csv.DictReader(file)}
    clear = {
        text: rating
        for text, rating in rows.items()
        # Without figures, which each language writes in its own way.
        if abs(rating) >= 1
        and 3 <= len(REVIEW_TOKEN.findall(text.lower())) <= 20
        and not re.search(r"\d", text)
    }
    generator = torch.Generator().manual_seed(seed)
    texts: list[str] = []
    for sign in (1, -1):
        side = [text for text, rating in clear.items() if rating * sign > 0]
        texts += [side[i] for i in torch.randperm(len(side), generator=generator)[: size // 2].tolist()]
    return Corpus(tuple(texts), np.array([clear[text] for text in texts]))


def unit(vectors: Array) -> Array:
    """Each row (N, d) divided by its length; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)  # (N, 1)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def nearest(query: Array, vectors: Array, count: int = NEAREST) -> list[tuple[int, float]]:
    """The ``count`` rows of ``vectors`` (N, d) with the highest cosine to ``query`` (d,): (row, cosine).

    All of length 1, or zeros; a query of zeros is near nothing.
    """
    if not query.any():
        return []
    cosines = vectors @ query  # (N,)
    return [(int(i), float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:count]]


def precision(vectors: Array, positive: Array, count: int = NEAREST) -> float:
    """The share of the ``count`` nearest others that are on a sentence's own side, mean over all sentences.

    ``vectors`` (N, d) of length 1; ``positive`` (N,) bool. Chance is about 0.5 where both sides are equal.
    """
    cosines = vectors @ vectors.T  # (N, N)
    np.fill_diagonal(cosines, -np.inf)  # its own neighbour it is not
    found = np.argsort(-cosines, axis=1, kind="stable")[:, :count]  # (N, count)
    return float((positive[found] == positive[:, None]).mean())


@dataclass(frozen=True, eq=False)
class Index:
    """The corpus as one encoder sees it: ``vectors`` (N, d) of length 1, and what was measured meanwhile."""

    encoder: TextEncoder
    vectors: Array
    milliseconds: float  # of CPU, a sentence
    precision: float

    @property
    def facts(self) -> dict[str, float]:
        """What stands in the table."""
        return {
            "dimensions": self.encoder.dimensions,
            "megabytes": self.encoder.megabytes,
            "milliseconds": self.milliseconds,
            "dollars": 0.0,
            "precision": self.precision,
        }

    def nearest(self, text: str, count: int = NEAREST) -> list[tuple[int, float]]:
        """The places of the nearest sentences in the corpus, and how near; at most ``CANDIDATES``."""
        return list(_nearest(self, text))[:count]


@lru_cache(maxsize=512)  # a page asks again at every change of anything on it
def _nearest(index: Index, text: str) -> tuple[tuple[int, float], ...]:
    return tuple(nearest(unit(index.encoder.encode([text]))[0], index.vectors, CANDIDATES))


def measured(make: Callable[[], TextEncoder]) -> Index:
    """The corpus seen by an encoder, with its time and its precision."""
    encoder, sentences = make(), corpus()
    encoder.encode(sentences.texts[:1])  # what is done only once is not the time of a sentence
    began = thread_time()
    vectors = unit(encoder.encode(sentences.texts))
    milliseconds = (thread_time() - began) * 1000 / len(sentences.texts)
    return Index(encoder, vectors, milliseconds, precision(vectors, sentences.ratings > 0))


def start(name: str) -> None:
    """Let an encoder see the corpus, once per process, while everybody's page goes on."""
    with _lock:
        if name not in _built and name not in _making:
            _making[name] = Thread(target=_make, args=(name,), daemon=True)
            _making[name].start()


def _make(name: str) -> None:
    why = Say("failed", {})
    try:
        with _one_at_a_time:
            _built[name] = measured(MAKERS[name])
        return
    except UnavailableError as unavailable:
        why = unavailable.say
    finally:
        with _lock:
            if name not in _built:
                _why[name] = why
            del _making[name]


def wait() -> None:
    """Until no encoder is at work."""
    while going := list(_making.values()):
        going[0].join()


def free() -> dict[str, Index]:
    """The free encoders that have seen the corpus; the others are on their way."""
    for name in FREE:
        if name not in _why:
            start(name)
    return {name: _built[name] for name in FREE if name in _built}


def candidates(question: str) -> list[int]:
    """Which reviews the paid encoder ranks: the nearest of all free ones, each once, in a fixed order."""
    found = (place for index in free().values() for place, _ in index.nearest(question, CANDIDATES))
    return list(dict.fromkeys(found))


def rows_of(found: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    """The answer as the page shows it."""
    sentences = corpus()
    return [
        {"similarity": near, "rating": float(sentences.ratings[place]), "text": sentences.texts[place]}
        for place, near in found
    ]


def entries(question: str, kept: dict[str, Any], key: SecretStr | None) -> list[Entry]:
    """All encoders and what each says of ``question``; ``kept`` is this visitor's."""
    free()
    return [*(_own(name, question) for name in (*FREE, LOCAL)), _paid(question, kept, key)]


def _own(name: str, question: str) -> Entry:
    """An encoder that runs here."""
    if name in _built:
        rows = rows_of(_built[name].nearest(question)) if question.strip() else []
        none = [] if rows or not question.strip() else [Say("no_word", {})]
        return Entry(name, _built[name].facts, rows, says=none)
    if name in _making:
        return Entry(name, {"dollars": 0.0}, says=[Say("working", {"n": REVIEWS})], working=True)
    why = [_why[name]] if name in _why else []
    if name == LOCAL and bertimbau.wanted() is None:
        return Entry(name, {"dollars": 0.0}, says=[Say("bertimbau_unset", {"variable": bertimbau.VARIABLE})])
    return Entry(name, {"dollars": 0.0}, offer=Say("load", {"n": REVIEWS}), says=why)


def _paid(question: str, kept: dict[str, Any], key: SecretStr | None) -> Entry:
    sentences = corpus()
    each = openai_vectors.likely_tokens(sentences.texts) / REVIEWS
    facts = {"dimensions": openai_vectors.DIMENSIONS, "dollars": openai_vectors.dollars(1000 * each)}
    try:
        openai_vectors.ready(key)
    except UnavailableError as why:
        return Entry(PAID, facts, says=[why.say])
    if not question.strip() or len(free()) < len(FREE):
        return Entry(PAID, facts)
    places, missing = candidates(question), missing_texts(question, kept)
    if missing:
        most = openai_vectors.most_tokens(missing)
        offer = Say("price", {"texts": len(missing), "tokens": most, "dollars": openai_vectors.dollars(most)})
        refused = kept.get(PAID)
        return Entry(PAID, facts, offer=offer, says=[refused] if refused else [])
    vectors = unit(
        np.stack([kept["vectors"][text] for text in (question, *(sentences.texts[i] for i in places))])
    )
    took = [kept["took"][question]] if question in kept.get("took", {}) else []
    ranked = [(places[row], near) for row, near in nearest(vectors[0], vectors[1:])]
    return Entry(PAID, facts, rows_of(ranked), says=[*took, Say("reranked", {"n": len(places)})])


def missing_texts(question: str, kept: dict[str, Any]) -> list[str]:
    """The sentence and its candidates, as far as this visitor has no paid vector of them."""
    known = kept.get("vectors", {})
    texts = [question, *(corpus().texts[place] for place in candidates(question))]
    return [text for text in dict.fromkeys(texts) if text not in known]


def ask(name: str, question: str, kept: dict[str, Any], key: SecretStr | None) -> None:
    """Let an encoder answer that had to be asked for; ``kept`` holds the answer, or why there is none."""
    if name != PAID:
        start(name)
        return
    kept.pop(name, None)
    try:
        texts = missing_texts(question, kept)
        if not texts:
            return
        answer = openai_vectors.ask(texts, key)
        vectors = kept.setdefault("vectors", {})
        vectors.update(zip(texts, answer.vectors, strict=True))
        for old in list(vectors)[: max(len(vectors) - MOST_KEPT, 0)]:
            del vectors[old]
        paid = {"tokens": answer.tokens, "dollars": openai_vectors.dollars(answer.tokens)}
        took = Say("took", {**paid, "texts": len(texts), "seconds": answer.seconds})
        kept.setdefault("took", {})[question] = took
    except UnavailableError as why:
        kept[name] = why.say


def says(found: Sequence[Entry]) -> list[Say]:
    """What the measured numbers of the free encoders show."""
    by = {entry.name: entry for entry in found if "precision" in entry.facts}
    if not by.keys() >= set(FREE):
        return []
    right = {name: entry.facts["precision"] for name, entry in by.items()}
    chance = (REVIEWS / 2 - 1) / (REVIEWS - 1)
    values = {**{name: right[name] for name in FREE}, "chance": chance, "n": REVIEWS}
    order = "ordered" if right["one_hot"] < right["glove"] < right["minilm"] else "not_ordered"
    sentences = [Say(order, values)]
    fifth = {name: by[name].rows[-1]["similarity"] for name in FREE if by[name].rows}
    if len(fifth) == len(FREE) and max(fifth.values()) - min(fifth.values()) > 0.1:
        sentences.append(Say("not_comparable", fifth))
    return sentences
