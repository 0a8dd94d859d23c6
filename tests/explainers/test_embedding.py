"""What the page on embeddings teaches, on eight seeds that nobody picked."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from explainers import embedding as page
from explainers.embedding import NEGATIVE, POSITIVE, Reading, SkipGram, Training, View
from explainers.support.contract import Array, Checkpoint
from explainers.support.geometry import cosine_distances, first_of, places_of, principal_axes, projection
from explainers.support.init import seeded
from explainers.support.neighbours import neighbour_pairs, noise
from explainers.support.pooled import PooledClassifier
from explainers.support.reviews import review_split, vocabulary, words_by_frequency
from tests.checks import has_words
from ui.locale import LANGUAGES, Words

SEEDS = range(301, 308)
SHORT = {"task": "neighbours", "steps": 150}


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def read(settings: dict[str, Any] | None = None, **view: Any) -> Reading:
    return page.read(run(**(settings or {}))[-1], View(**view))


def said(settings: dict[str, Any] | None = None, **view: Any) -> list[str]:
    return [say.key for say in page.see(run(**(settings or {}))[-1], read(settings, **view))]


def numbers(**settings: Any) -> dict[str, float]:
    return run(**settings)[-1].numbers


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_cosine_distances_are_torchs(seed: int) -> None:
    a, b = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    torchs = 1 - nn.functional.cosine_similarity(a[:, None], b[None], dim=-1)
    np.testing.assert_allclose(cosine_distances(a.numpy(), b.numpy()), torchs.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(20, 8), (6, 8), (20, 1)])
def test_the_axes_are_those_of_scikit_learn(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(3).normal(size=shape)
    axes, shares = principal_axes(vectors)
    known = PCA().fit(vectors)
    np.testing.assert_allclose(shares, known.explained_variance_ratio_, rtol=0, atol=1e-6)
    lengths = np.abs((axes * known.components_).sum(axis=1))[shares > 1e-9]
    np.testing.assert_allclose(lengths, 1, rtol=0, atol=1e-6)


def test_words_that_are_all_the_same_have_no_spread() -> None:
    assert not principal_axes(np.ones((5, 3)))[1].any()


def test_the_mean_of_the_vectors_is_worked_out_by_hand() -> None:
    model = seeded(PooledClassifier(page.WORDS, 8), torch.Generator().manual_seed(1))
    few = review_split(page.WORDS)[1].pick(torch.arange(30))
    table, w = model.embed.weight.detach().numpy(), model.score.weight[0].detach().numpy()
    for tokens, length, logit in zip(few.tokens, few.lengths, model(few).detach(), strict=True):
        mean = table[tokens[:length].numpy()].mean(axis=0)
        assert float(mean @ w) + model.score.bias.item() == pytest.approx(float(logit), abs=1e-6)


def test_the_skip_gram_logit_is_a_dot_product() -> None:
    model = seeded(SkipGram(8), torch.Generator().manual_seed(1))
    a, b = torch.tensor([3, 5]), torch.tensor([[7, 8, 9], [3, 2, 1]])
    logits = model(a, b)
    assert logits.shape == (2, 3)
    by_hand = [
        [model.embed.weight[i] @ model.context.weight[j] for j in row] for i, row in zip(a, b, strict=True)
    ]
    torch.testing.assert_close(logits, torch.tensor([[x.item() for x in row] for row in by_hand]))


def test_neighbours_are_at_most_two_words_apart_and_noise_is_drawn_as_often_as_it_should() -> None:
    pairs, cumulative = neighbour_pairs(page.WORDS, page.WINDOW)
    assert int(pairs.min()) >= 1 and int(pairs.max()) <= page.WORDS
    assert float(cumulative[-1]) == pytest.approx(1)
    drawn = noise((40_000, 1), cumulative, torch.Generator().manual_seed(2))
    share = float((drawn == vocabulary(page.WORDS)["the"]).float().mean())
    the = float(cumulative[vocabulary(page.WORDS)["the"]] - cumulative[vocabulary(page.WORDS)["the"] - 1])
    assert share == pytest.approx(the, rel=0.1)


def test_nearness_is_the_mean_over_pairs() -> None:
    table = np.random.default_rng(4).normal(size=(page.WORDS + 1, 8))
    ids = vocabulary(page.WORDS)

    def distance(a: str, b: str) -> float:
        x, y = table[ids[a]], table[ids[b]]
        return float(1 - x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    found = page.nearness(table)
    inside = [distance(a, b) for group in (POSITIVE, NEGATIVE) for a in group for b in group if a != b]
    assert found["within"] == pytest.approx(np.mean(inside), abs=1e-6)
    between = [distance(a, b) for a in POSITIVE for b in NEGATIVE]
    assert found["across"] == pytest.approx(np.mean(between), abs=1e-6)


def test_shapes() -> None:
    shapes = {key: value.shape for key, value in run(dim=3, steps=24)[-1].weights.items()}
    assert shapes["sentiment.embed.weight"] == (page.WORDS + 1, 3)
    assert shapes["sentiment.score.weight"] == (1, 3)
    shapes = {key: value.shape for key, value in run(**SHORT, seed=301)[-1].weights.items()}
    assert shapes["neighbours.embed.weight"] == shapes["neighbours.context.weight"] == (page.WORDS + 1, 8)


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_sentiment_pulls_the_groups_apart(seed: int) -> None:
    start, end = run(seed=seed)[0].numbers, numbers(seed=seed)
    assert abs(start["across"] - start["within"]) < 0.2, "directions are random before"
    assert end["within"] < 0.5 and end["across"] > 1.5
    assert end["accuracy"] > 0.73
    assert end["loss"] < start["loss"] - 0.1
    assert said({"seed": seed})[:2] == ["sentiment_apart", "explained"]


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbouring_words_do_not(seed: int) -> None:
    start, end = run(**SHORT, seed=seed)[0].numbers, numbers(**SHORT, seed=seed)
    assert abs(end["across"] - end["within"]) < 0.1
    assert end["within"] < 0.5, "both groups stand in the same places of a sentence"
    assert end["accuracy"] > 0.55
    assert end["loss"] < start["loss"] - 1, "and the loss of the test pairs falls"
    assert end["failed_step"] == -1
    assert said({**SHORT, "seed": seed})[:2] == ["neighbours_mixed", "explained"]


def test_awful_and_wonderful_end_on_opposite_sides_or_near() -> None:
    ids = vocabulary(page.WORDS)

    def apart(**settings: Any) -> float:
        table = run(**settings)[-1].weights[f"{settings.get('task', 'sentiment')}.embed.weight"]
        return float(cosine_distances(table[[ids["awful"]]], table[[ids["wonderful"]]])[0, 0])

    assert sum(apart(seed=seed) > 1.5 for seed in SEEDS) >= 7
    assert sum(apart(**SHORT, seed=seed) < 0.75 for seed in SEEDS) >= 7


# -- what breaks it ----------------------------------------------------------------------------------------


def test_one_number_nearly_suffices_for_sentiment_and_not_for_neighbours() -> None:
    for seed in SEEDS:
        assert numbers(dim=1, seed=seed)["accuracy"] > numbers(seed=seed)["accuracy"] - 0.04
    for seed in SEEDS[:3]:
        few, many = (numbers(**{**SHORT, "steps": 240, "dim": dim, "seed": seed}) for dim in (1, 8))
        assert few["accuracy"] < many["accuracy"] - 0.02
        assert few["loss"] > many["loss"] + 0.01


def test_without_training_words_are_near_by_chance_alone() -> None:
    for seed in SEEDS:
        end = numbers(steps=0, seed=seed)
        assert 0.85 < end["within"] < 1.15 and 0.85 < end["across"] < 1.15
        assert abs(end["accuracy"] - 0.5) < 0.1
        assert said({"steps": 0, "seed": seed})[:2] == ["untrained", "explained"]


@pytest.mark.parametrize("task", ["sentiment", "neighbours"])
def test_at_rate_10_the_loss_passes_its_start_at_once(task: str) -> None:
    for seed in SEEDS:
        settings = {"task": task, "rate": 10.0, "steps": 48, "seed": seed}
        checkpoints = run(**settings)
        assert checkpoints[-1].numbers["loss"] > 5 * checkpoints[0].numbers["loss"]
        assert checkpoints[-1].numbers["failed_step"] == checkpoints[1].step
        assert "failed" in said(settings)


# -- what the page says and shows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "word", "unknown"),
    [
        ({}, "good", []),
        ({"word": "zorgle"}, "wonderful", ["zorgle"]),
        ({"word": ""}, "wonderful", []),
        ({"word": "😀 <zorgle>"}, "wonderful", ["zorgle"]),
        ({"words": ""}, "good", []),
        ({"words": "zorgle film"}, "good", ["zorgle"]),
        ({"words": "awful film film"}, "good", []),
    ],
)
def test_words_without_a_vector_are_named(view: dict[str, Any], word: str, unknown: list[str]) -> None:
    reading = read(**view)
    assert reading.word == word
    assert reading.unknown == unknown
    assert ("unknown" in said(**view)) == bool(unknown)
    assert reading.stands_in == ("stands_in" in said(**view)) == (view.get("word", "good") != word)
    assert len(set(reading.words)) == len(reading.words) == len(reading.vectors)


@pytest.mark.parametrize(
    ("dim", "dimensions", "all_of_it"), [(1, "2", True), (2, "2", True), (3, "3", True), (3, "2", False)]
)
def test_a_map_that_leaves_nothing_out_says_so(dim: int, dimensions: str, all_of_it: bool) -> None:
    settings = {**SHORT, "dim": dim, "steps": 48}
    assert ("explained_all" in said(settings, dimensions=dimensions)) == all_of_it
    assert ("explained" in said(settings, dimensions=dimensions)) != all_of_it


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_that_leaves_a_direction_out_never_shows_all(language: str) -> None:
    reading = read({**SHORT, "dim": 3, "steps": 48})
    flat = np.random.default_rng(0).normal(size=reading.vectors.shape) * np.array([1, 1, 0.004])
    made = replace(reading, vectors=flat)  # nearly a plane
    assert 0.9999 < made.explained < 1
    say = next(say for say in page.see(run(**SHORT)[-1], made) if say.key.startswith("explained"))
    words = Words(language, "embedding")
    shown = words.fill(words.page["see"][say.key], say.values)
    assert say.key == "explained" and "99" in shown and "100" not in shown


def test_a_loss_that_came_down_again_is_not_called_a_failure() -> None:
    checkpoint = run(**SHORT)[-1]
    for loss, called in ((0.9, True), (0.5, False)):
        numbers = {**checkpoint.numbers, "failed_step": 2.0, "loss_start": 0.7, "loss": loss}
        made = Checkpoint(checkpoint.step, checkpoint.of, numbers, checkpoint.weights)
        assert ("failed" in [say.key for say in page.see(made, page.read(made, View()))]) == called


def test_groups_that_lie_apart_are_said_to() -> None:
    checkpoint = run()[-1]
    for within, across, key in ((0.6, 1.3, "apart"), (0.1, 1.9, "apart"), (0.8, 1.1, "mixed")):
        made = Checkpoint(
            checkpoint.step, checkpoint.of, {**checkpoint.numbers, "within": within, "across": across},
            checkpoint.weights,
        )  # fmt: skip
        assert page.see(made, page.read(made, View()))[0].key == f"sentiment_{key}"


def test_at_most_twelve_words_are_followed() -> None:
    assert len(read(words=" ".join(words_by_frequency()[5:45])).words) == 16 + 12


def brute(vectors: Array, word: str) -> list[tuple[float, str]]:
    own = vectors[vocabulary(page.WORDS)[word]]
    others = [(i, w) for w, i in vocabulary(page.WORDS).items() if w != word]
    return sorted((float(np.linalg.norm(vectors[i] - own)), w) for i, w in others)


@pytest.mark.parametrize(("dimensions", "word"), [("2", "good"), ("3", "film")])
def test_the_neighbours_are_the_nearest_of_all_words(dimensions: str, word: str) -> None:
    reading = read(word=word, dimensions=dimensions)
    frame = page.picture_neighbours([reading]).frames[-1]
    spaces = {"true": reading.table, "map": projection(reading.vectors, reading.dimensions)(reading.table)}
    order = {key: brute(vectors, word) for key, vectors in spaces.items()}
    for key, other in (("true", "map"), ("map", "true")):
        distances = [distance for distance, _ in order[key][: page.NEAREST]]
        np.testing.assert_allclose(np.ravel(frame[f"distance_{key}"]), distances, rtol=0, atol=1e-5)
        place = {w: i for i, (_, w) in enumerate(order[other], start=1)}
        for (shown,), (at,) in zip(frame[f"word_{key}"], frame[f"rank_{key}"], strict=True):
            assert abs(place[shown] - at) <= 1, "ranks of words equally far off may change places"


def test_where_the_map_lies_is_the_true_rank() -> None:
    settings = next({"seed": seed} for seed in SEEDS if "lie" in said({"seed": seed}))
    reading = read(settings)
    say = next(say for say in page.see(run(**settings)[-1], reading) if say.key == "lie")
    own = vocabulary(page.WORDS)[reading.word]
    mapped = projection(reading.vectors, reading.dimensions)(reading.table)
    true, drawn = (
        [i for i in np.argsort(np.linalg.norm(v - v[own], axis=1), kind="stable") if i not in (0, own)]
        for v in (reading.table, mapped)
    )
    assert words_by_frequency()[drawn[0] - 1] == say.values["drawn"]
    assert true.index(drawn[0]) + 1 == say.values["rank"] > 1


def test_the_map_keeps_its_axes_and_shows_the_projected_vectors() -> None:
    readings = [page.read(checkpoint, View()) for checkpoint in run()]
    last = readings[-1]
    picture = page.picture_map(readings)
    axes = principal_axes(last.vectors)[0][:2]
    for frame, reading in zip(picture.frames, readings, strict=True):
        points = np.concatenate([np.stack([trace["x"], trace["y"]], axis=1) for trace in frame[:3]])
        flat = (reading.vectors - last.vectors.mean(axis=0)) @ axes.T
        np.testing.assert_allclose(points, flat, rtol=0, atol=1e-6)
        for name, column in (("xaxis", 0), ("yaxis", 1)):
            low, high = picture.layout[name]["range"]
            assert low <= points[:, column].min() and points[:, column].max() <= high


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_few_numbers_per_word_fit_the_map(dim: int) -> None:
    settings = {"dim": dim, "steps": 24}
    for dimensions in ("2", "3"):
        reading = read(settings, dimensions=dimensions)
        assert projection(reading.vectors, reading.dimensions)(reading.vectors).shape == (
            len(reading.words),
            int(dimensions),
        )
        if dim <= int(dimensions):
            assert reading.explained == pytest.approx(1)


def test_the_distances_over_the_run_are_the_measured_ones() -> None:
    readings = [page.read(checkpoint, View()) for checkpoint in run()]
    lines = [trace for trace in page.picture_distances(readings).frames[-1] if "line" in trace]
    shown = {str(trace["name"]): trace["y"] for trace in lines}
    for name in ("within", "across"):
        assert shown[f"series.{name}"] == [reading.numbers[name] for reading in readings]


@pytest.mark.parametrize("settings", [{}, {"dim": 1, "steps": 24}])
@pytest.mark.parametrize("word", ["good", "film"])
def test_the_cosine_is_worked_out(settings: dict[str, Any], word: str) -> None:
    reading = read(settings, word=word)
    frame = page.picture_cosine([reading]).frames[-1]
    if len(reading.vectors[0]) <= 8:
        dot = float(np.sum(frame["product"]))
        assert dot == pytest.approx(frame["dot"][0][0], abs=1e-5)
    dot, a, b = (frame[key][0][0] for key in ("dot", "norm_a", "norm_b"))
    assert frame["cosine"][0][0] == pytest.approx(dot / a / b)
    values = page.formula(reading)
    assert values["cosine"] == frame["cosine"][0][0]
    has_words("embedding", [], values)


@pytest.mark.parametrize("seed", range(5))
def test_places_without_sorting_are_those_of_sorting(seed: int) -> None:
    distances = np.round(np.random.default_rng(seed).random((3, 200)), 1 + seed % 3)  # many are equal
    order = np.argsort(distances, axis=1, kind="stable")
    assert (first_of(distances, 7) == order[:, :7]).all()
    assert (places_of(distances, order) == np.arange(1, 201)).all()
