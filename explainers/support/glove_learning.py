"""The review classifier on three tables of vectors, from few sentences to many."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.contract import Array, Checkpoint, weights_of
from explainers.support.glove_vectors import load
from explainers.support.init import seeded
from explainers.support.pooled import loss_and_accuracy
from explainers.support.reviews import Sentences, review_split, words_by_frequency

SIZES = (20, 100, 500, 1500, 4000)  # training sentences; the smaller sets are the beginnings of the larger
KINDS = ("scratch", "frozen", "tuned")
BATCH = 64
PAIR = ("good", "bad")  # two words of which the page follows the cosine


class Mean(nn.Module):
    """A vector per word, their mean, one score. Words that it does not learn keep their vectors."""

    def __init__(self, table: Tensor, words: int, score: nn.Linear, frozen: bool) -> None:
        """``table`` (V + 1, d): row 0 is padding, rows 1 … ``words`` stand in the training sentences."""
        super().__init__()
        own = table[: words + 1].clone()  # (W + 1, d)
        # The mean over a sentence's words without the padding, in one module and without (N, T, d) numbers.
        self.embed = nn.EmbeddingBag.from_pretrained(own, freeze=frozen, mode="mean", padding_idx=0)
        self.score = deepcopy(score)
        self._rest = (table[words + 1 :],)  # (V − W, d); in a tuple: shared, and not part of the state

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, T), padded with 0 → logits (N,), above 0 for positive."""
        table = self.embed.weight if self.training else torch.cat([self.embed.weight, *self._rest])
        mean = nn.functional.embedding_bag(tokens, table, mode="mean", padding_idx=0)  # (N, d)
        return self.score(mean).squeeze(-1)


@cache
def review_vectors() -> Array:
    """GloVe's vector of each word of the reviews (20800, 50), most frequent first; 0 where none."""
    glove = load()
    rows = [glove.index(word) for word in words_by_frequency()]
    known = [row for row in rows if row is not None]
    table = np.zeros((len(rows), glove.vectors.shape[1]), np.float32)
    table[[row is not None for row in rows]] = glove.vectors[known]
    return table


@dataclass(frozen=True)
class Material:
    """What one seed learns from. Words are numbered in the order in which training sentences bring them."""

    learn: Sentences  # the first 20 are the smallest training set, and so on
    test: Sentences
    words: list[int]  # word number i is the word at this rank of ``words_by_frequency``, from 0

    def learnt(self, size: int) -> int:
        """How many different words the first ``size`` training sentences have."""
        return int(self.learn.tokens[:size].max())

    def number(self, word: str) -> int:
        """The number of a word of the training sentences."""
        return self.words.index(words_by_frequency().index(word)) + 1


def material(generator: torch.Generator, most: int) -> Material:
    """``most`` training sentences in a random order, and all test sentences."""
    learn, test = review_split(len(words_by_frequency()))
    learn = learn.pick(torch.randperm(len(learn.labels), generator=generator)[:most])
    ids, first = np.unique(learn.tokens[learn.mask() > 0].numpy(), return_index=True)  # (W,), (W,)
    seen = ids[np.argsort(first)]  # (W,)
    others = np.setdiff1d(test.tokens.numpy(), [0, *seen])  # words of test sentences only
    order = np.concatenate([seen, others])  # (V,)
    number = torch.zeros(len(words_by_frequency()) + 1, dtype=torch.int64)
    number[order] = torch.arange(1, len(order) + 1)
    learn, test = (Sentences(number[part.tokens], part.lengths, part.labels) for part in (learn, test))
    return Material(learn, test, (order - 1).tolist())


def tables(words: list[int], shuffled: bool, generator: torch.Generator) -> dict[str, Tensor]:
    """The first vectors of each model (V + 1, d): random ones as large as GloVe's, and GloVe's.

    ``shuffled``: each word gets the GloVe vector of another one, by chance.
    """
    own = torch.from_numpy(review_vectors()[words])  # (V, d)
    random = torch.randn(own.shape, generator=generator) * own[own.abs().sum(dim=1) > 0].std()
    if shuffled:
        own = own[torch.randperm(len(own), generator=generator)]
    padded = [torch.cat([torch.zeros(1, own.shape[1]), table]) for table in (random, own)]
    return {"scratch": padded[0], "frozen": padded[1], "tuned": padded[1]}


Models = dict[int, dict[str, Mean]]  # number of training sentences → table of vectors → model


def starts(found: Material, sizes: Sequence[int], shuffled: bool, generator: torch.Generator) -> Models:
    """Every model before training: one per number of sentences and table, all with the same score."""
    first = tables(found.words, shuffled, generator)
    score = seeded(nn.Linear(first["frozen"].shape[1], 1), generator)
    # Every model copies the score, so all start from the same one.
    return {
        size: {kind: Mean(first[kind], found.learnt(size), score, kind == "frozen") for kind in KINDS}
        for size in sizes
    }


def learning(
    models: Models, learn: Sentences, rate: float, generator: torch.Generator, steps: int
) -> Iterator[int]:
    """Train all models side by side; before each step, and after the last, the number of steps done.

    At each step the three models of one size see the same sentences.
    """
    every = [model for same in models.values() for model in same.values()]
    weights = [p for model in every for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(weights, lr=rate, fused=True)
    for step in range(steps):
        yield step
        optimiser.zero_grad()
        for size, same in models.items():
            rows = torch.randint(size, (BATCH,), generator=generator)
            batch = learn.pick(rows)
            for model in same.values():
                loss = nn.functional.binary_cross_entropy_with_logits(model(batch.tokens), batch.labels)
                loss.backward()
        optimiser.step()
    yield steps


@dataclass(frozen=True)
class Kept(Checkpoint):
    """A checkpoint without most of the vectors: 25 tables of half a million numbers would be 90 MB."""

    learnt: dict[str, int]  # how many numbers each model learnt, those included that are not kept

    def parameters(self) -> dict[str, int]:
        """How many numbers each model learnt: ``{model: count}``."""
        return dict(self.learnt)


def kept(models: dict[str, Mean], whole: bool) -> dict[str, Array]:
    """Copies of the scores, 51 numbers each; where ``whole``, of the vectors that were learnt, too."""
    weights = weights_of(**models)
    tuned = {name: value for name, value in weights.items() if "score" in name}
    vectors = {name: value for name, value in weights.items() if whole and name not in tuned}
    vectors.pop("frozen.embed.weight", None)  # GloVe's own: nothing learnt it here
    return tuned | vectors


def sizes_of(models: dict[str, Mean]) -> dict[str, int]:
    """How many numbers each model learns; the row for padding is none of them."""
    padding = models["frozen"].embed.embedding_dim
    return {
        kind: sum(p.numel() for p in model.parameters() if p.requires_grad) - padding * (kind != "frozen")
        for kind, model in models.items()
    }


@torch.no_grad()
def measured(models: Models, found: Material) -> dict[str, float]:
    """Loss and accuracy on the test sentences, accuracy on the training sentences, of every model."""
    numbers: dict[str, float] = {}
    for size, same in models.items():
        for kind, model in same.items():
            model.eval()
            own = found.learn.tokens[:size], found.learn.labels[:size]
            loss, accuracy = loss_and_accuracy(model(found.test.tokens), found.test.labels)
            numbers |= {f"loss_{kind}_{size}": loss, f"accuracy_{kind}_{size}": accuracy}
            numbers[f"fit_{kind}_{size}"] = loss_and_accuracy(model(own[0]), own[1])[1]
            model.train()
    rows = [found.number(word) for word in PAIR]
    for kind, model in models[max(models)].items():
        a, b = model.embed.weight[rows]  # (d,), (d,)
        numbers[f"cosine_{kind}"] = float(nn.functional.cosine_similarity(a, b, dim=0))
    return numbers
