"""The tasks of the LSTM page in one shape: a sequence in, one of a few answers out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor

from explainers.support.order_pairs import pair_split, pair_vocabulary
from explainers.support.recall import CHANCE, LETTERS, SYMBOLS, recall_batch
from explainers.support.reviews import Sentences, chance, ids_of, review_split, tokenize, vocabulary

TASKS = ("recall", "reviews", "pairs_en", "pairs_pt")
REVIEW_WORDS = 2_000  # the most frequent words; the others are one unknown word
TESTED = 128  # sequences of recall
LONGEST = 60  # steps of a typed text that are read


@dataclass(frozen=True)
class Batch:
    """Sequences, time first, as torch's recurrent layers take them.

    ``inputs``: one-hot symbols (T, B, 8) float32 for recall, ids (T, B) int64 for texts, padded at the end.
    ``lengths`` (B,) and ``answers`` (B,) int64: the first symbol, or 1 for a positive text.
    """

    inputs: Tensor
    lengths: Tensor
    answers: Tensor


@dataclass(frozen=True)
class Asked:
    """One sequence to look at; ``answer`` is None where only the visitor could know it."""

    words: list[str]
    inputs: Tensor  # (T, 1, 8) or (T, 1)
    answer: int | None
    unread: str = ""  # what was typed, if nothing in it could be read


def known_words(task: str) -> dict[str, int]:
    """The words of a task's vocabulary → ids 1 … V; recall has none."""
    if task == "recall":
        return {}
    return vocabulary(REVIEW_WORDS) if task == "reviews" else pair_vocabulary(task.removeprefix("pairs_"))


def answer_count(task: str) -> int:
    """Among how many answers the network chooses."""
    return SYMBOLS if task == "recall" else 2


def _split(task: str) -> tuple[Sentences, Sentences]:
    return review_split(REVIEW_WORDS) if task == "reviews" else pair_split(task.removeprefix("pairs_"))


def _time_first(sentences: Sentences) -> Batch:
    return Batch(sentences.tokens.T, sentences.lengths, sentences.labels.long())


def _recall(length: int, size: int, generator: torch.Generator) -> Batch:
    inputs, answers = recall_batch(length, size, generator)
    return Batch(inputs, torch.full((size,), length), answers)


@cache
def unseen(task: str, length: int) -> Batch:
    """The sequences that all runs of a task are tested on; ``length`` is that of recall."""
    if task == "recall":
        return _recall(length, TESTED, torch.Generator().manual_seed(0))
    return _time_first(_split(task)[1])


def chance_of(task: str) -> float:
    """What always giving one answer gets right."""
    return CHANCE if task == "recall" else chance(unseen(task, 0).answers)


def training_batches(task: str, length: int, size: int, generator: torch.Generator) -> Callable[[], Batch]:
    """A function that draws the next batch of ``size`` sequences."""
    if task == "recall":
        return lambda: _recall(length, size, generator)
    learn = _split(task)[0]
    return lambda: _time_first(learn.draw(size, generator))


@lru_cache(maxsize=256)  # of a run's checkpoints all are asked the same
def asked_about(task: str, length: int, text: str, example: int) -> Asked:
    """Test sequence number ``example`` with what a person typed in its place.

    Recall: the letters A to H in the text take the places of the first ones. The other tasks: the text, at
    most 60 words of it, stands for the whole sequence, if the network knows one of them.
    """
    test, known = unseen(task, length), known_words(task)
    row = example % len(test.lengths)
    inputs = test.inputs[: int(test.lengths[row]), row][:, None]  # (T, 1, 8) or (T, 1)
    unread = text.strip()
    if task == "recall":
        symbols = inputs[:, 0].argmax(dim=-1)  # (T,)
        typed = [LETTERS.index(letter) for letter in text.upper() if letter in LETTERS][:length]
        symbols[: len(typed)] = torch.tensor(typed, dtype=torch.int64)
        inputs = torch.nn.functional.one_hot(symbols, SYMBOLS)[:, None].float()
        return Asked([LETTERS[i] for i in symbols.tolist()], inputs, int(symbols[0]), "" if typed else unread)
    tokens = tokenize(text)[:LONGEST]
    if any(token in known for token in tokens):
        return Asked(tokens, torch.tensor(ids_of(tokens, known))[:, None], None)
    names = ["?", *known]
    return Asked([names[i] for i in inputs[:, 0].tolist()], inputs, int(test.answers[row]), unread)
