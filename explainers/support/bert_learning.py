"""Three ways to learn from a few reviews: from nothing, on frozen sentence vectors, with the last layer too.

N reviews, T pieces each with padding, d numbers per piece. MiniLM's first five layers never change, so that
each review goes through them once; the sixth is what the tuned model trains.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor, nn

from explainers.support.bert_model import Layer, load_encoder, mean_of_pieces
from explainers.support.bidirectional_sentences import examples
from explainers.support.contract import Array
from explainers.support.init import seeded
from explainers.support.pooled import PooledClassifier, loss_and_accuracy
from explainers.support.reviews import Sentences, chance, ids_of, pack, split_sentences, vocabulary

WORDS, DIM = 2_000, 16  # of the model from nothing: its vocabulary, and numbers per word
MOST_WORDS = 12  # of a review: short ones, so that a default run takes seconds
TEST = 200  # test sentences, always the same
CHUNK = 10  # reviews that go through MiniLM together, always the same ten: the last bits depend on company
RATES = {"scratch": 0.1, "frozen": 0.01, "tuned": 5e-5}  # Adam; of three tried each, seeds 101 to 104
SENSE_PATTERN = 0  # of senses.toml: "there was a {w} beside the {c}"


@dataclass(frozen=True)
class Reviews:
    """Reviews as each model takes them in: words' ids; layer 5 of MiniLM; the mean of its layer 6."""

    sentences: Sentences  # ids (N, W), labels (N,)
    hidden: Tensor  # (N, T, d), layer L − 1
    absent: Tensor  # (N, T), true on padding
    vectors: Tensor  # (N, d), the mean over the pieces of layer L

    def pick(self, rows: Tensor) -> "Reviews":
        """The reviews of ``rows``, cut to the longest among them."""
        absent = self.absent[rows]
        T = int((~absent).sum(dim=1).max())
        return Reviews(self.sentences.pick(rows), self.hidden[rows, :T], absent[:, :T], self.vectors[rows])


class Tuned(nn.Module):
    """The last layer, a copy that may learn, and a score from the mean of its vectors."""

    def __init__(self, layer: Layer, score: nn.Linear) -> None:
        super().__init__()
        self.score, self.layer = score, layer

    def forward(self, reviews: Reviews) -> Tensor:
        """Reviews → logits (N,)."""
        vectors, _ = self.layer(reviews.hidden, reviews.absent)  # (N, T, d)
        return self.score(mean_of_pieces(vectors, reviews.absent)).squeeze(-1)


@cache
def short_reviews() -> tuple[list[tuple[float, list[str]]], list[tuple[float, list[str]]]]:
    """The clear review sentences of at most 12 words: (training, the first 200 for testing by length)."""
    training, test = ([r for r in part if len(r[1]) <= MOST_WORDS] for part in split_sentences())
    return training, sorted(test[:TEST], key=lambda review: len(review[1]))


@lru_cache(maxsize=256)  # of 10 reviews, about 200 kB each: the same ones serve several runs
@torch.no_grad()
def chunk(test: bool, number: int) -> Reviews:
    """Ten reviews through MiniLM, in its unchanged layers."""
    rows = short_reviews()[test][number * CHUNK : (number + 1) * CHUNK]
    encoder, known = load_encoder(), vocabulary(WORDS)
    tokens, absent = encoder.padded([" ".join(words) for _, words in rows])  # (N, T)
    hidden = encoder.bert(tokens, absent)[0]
    sentences = pack([ids_of(words, known) for _, words in rows], [float(r > 0) for r, _ in rows])
    return Reviews(sentences, hidden[-2], absent, mean_of_pieces(hidden[-1], absent))


def joined(parts: list[Reviews]) -> Reviews:
    """Several chunks as one, padded to the longest."""
    every = [part.sentences for part in parts]
    W = max(s.tokens.shape[1] for s in every)
    T = max(part.absent.shape[1] for part in parts)
    sentences = Sentences(
        torch.cat([nn.functional.pad(s.tokens, (0, W - s.tokens.shape[1])) for s in every]),
        torch.cat([s.lengths for s in every]),
        torch.cat([s.labels for s in every]),
    )
    return Reviews(
        sentences,
        torch.cat([nn.functional.pad(p.hidden, (0, 0, 0, T - p.hidden.shape[1])) for p in parts]),
        torch.cat([nn.functional.pad(p.absent, (0, T - p.absent.shape[1]), value=True) for p in parts]),
        torch.cat([p.vectors for p in parts]),
    )


def drawn(count: int, generator: torch.Generator) -> Reviews:
    """``count`` training reviews, tens at random: fewer of the same seed are the first of more."""
    chunks = len(short_reviews()[0]) // CHUNK
    order = torch.randperm(chunks, generator=generator).tolist()
    return joined([chunk(False, number) for number in order[: count // CHUNK]])


@cache
def test_reviews() -> tuple[list[Reviews], Reviews]:
    """The test reviews in tens of like length, and all in one."""
    parts = [chunk(True, number) for number in range(TEST // CHUNK)]
    return parts, joined(parts)


def models_of(generator: torch.Generator) -> dict[str, nn.Module]:
    """The three models; both heads on MiniLM start from the same values."""
    encoder = load_encoder()
    scratch = seeded(PooledClassifier(WORDS, DIM), generator)
    frozen = seeded(nn.Linear(encoder.sizes["d"], 1), generator)
    tuned = Tuned(encoder.layer(encoder.sizes["layers"]), deepcopy(frozen))
    return {"scratch": scratch, "frozen": frozen, "tuned": tuned}


def optimisers_of(models: Mapping[str, nn.Module]) -> dict[str, torch.optim.Adam]:
    """Adam for each; the tuned model's head learns at the rate of the frozen one's."""
    found = {name: torch.optim.Adam(models[name].parameters(), RATES[name]) for name in ("scratch", "frozen")}
    tuned = models["tuned"]
    assert isinstance(tuned, Tuned)
    groups = [
        {"params": list(tuned.score.parameters()), "lr": RATES["frozen"]},
        {"params": list(tuned.layer.parameters()), "lr": RATES["tuned"]},
    ]
    return {**found, "tuned": torch.optim.Adam(groups)}


def answers(models: Mapping[str, nn.Module], name: str, reviews: Reviews) -> Tensor:
    """The logits (N,) of one model."""
    if name == "frozen":
        logits: Tensor = models[name](reviews.vectors).squeeze(-1)
        return logits
    out: Tensor = models[name](reviews.sentences if name == "scratch" else reviews)
    return out


@torch.no_grad()
def measured(models: Mapping[str, nn.Module], tuned: bool) -> dict[str, float]:
    """Loss and accuracy on the test sentences; the tuned model's only where asked, it takes longest."""
    parts, test = test_reviews()
    labels = test.sentences.labels  # (200,)
    found = {"chance": chance(labels)}
    for name in models:
        if name != "tuned" or tuned:
            # In tens of like length the layer, which works on padding, too, has less to do.
            several = parts if name == "tuned" else [test]
            logits = torch.cat([answers(models, name, part) for part in several])  # (200,)
            loss, accuracy = loss_and_accuracy(logits, labels)
            found |= {f"loss_{name}": loss, f"accuracy_{name}": accuracy}
    return found


def weights_at(models: Mapping[str, nn.Module], end: bool) -> dict[str, Array]:
    """What was learnt. The tuned layer, 1.8 million numbers, is kept at the end alone: 7 MB and not 170.

    Before the end, a checkpoint rebuilds the model from nothing, the frozen one and the tuned one's head.
    """
    return {
        f"{name}.{key}": value.detach().numpy().copy()
        for name, model in models.items()
        for key, value in model.state_dict().items()
        if end or not key.startswith("layer.")
    }


@cache
@torch.no_grad()
def senses_by_layer(language: str) -> dict[str, float]:
    """The same word in sentences that differ in one other word, which decides what it means, layer by layer.

    ``{language}_same_{l}``: the mean cosine of its vectors in layer l where both sentences mean the same,
    ``{language}_other_{l}`` where they do not; ``{language}_pairs``: how many of each.
    ``{language}_pieces``: the mean number of pieces of the words in these sentences.
    """
    encoder = load_encoder()
    found = [one for one in examples(language) if one.pattern == SENSE_PATTERN]
    tokens, absent = encoder.padded([" ".join(one.tokens) for one in found])  # (N, T)
    hidden = torch.stack(encoder.bert(tokens, absent)[0])  # (L + 1, N, T, d)
    vectors: dict[tuple[str, int], list[Tensor]] = {}
    for row, one in enumerate(found):
        word, before = one.tokens[one.at], len(encoder.pieces(" ".join(one.tokens[: one.at])))
        places = slice(1 + before, 1 + before + len(encoder.pieces(word)))  # after [CLS]
        own = hidden[:, row, places].mean(dim=1)  # (L + 1, d)
        vectors.setdefault((word, one.sense), []).append(nn.functional.normalize(own, dim=1))
    cosines: dict[str, list[Tensor]] = {"same": [], "other": []}
    for (word, sense), some in vectors.items():
        cosines["same"] += [(a * b).sum(dim=1) for i, a in enumerate(some) for b in some[i + 1 :]]  # (L + 1,)
        if sense == 0:
            cosines["other"] += [(a * b).sum(dim=1) for a in some for b in vectors[word, 1]]
    words = sorted({token for one in examples(language) for token in one.tokens if token.isalpha()})
    pieces = [len(encoder.pieces(word)) for word in words]
    numbers = {f"{language}_pieces": sum(pieces) / len(pieces), f"{language}_words": float(len(words))}
    for kind, rows in cosines.items():
        means = torch.stack(rows).mean(dim=0)  # (L + 1,)
        numbers |= {f"{language}_{kind}_{layer}": float(mean) for layer, mean in enumerate(means)}
        numbers[f"{language}_{kind}_pairs"] = float(len(rows))
    return numbers
