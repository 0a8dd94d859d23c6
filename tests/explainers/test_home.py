"""What the home page shows: one sentence, the whole way, on eight seeds that nobody picked."""

from functools import cache
from itertools import permutations
from math import exp
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import home as page
from explainers.home import Reading, Training, View
from explainers.support.contract import Checkpoint
from explainers.support.pooled import PooledClassifier
from explainers.support.registry import names
from explainers.support.reviews import pack

SEEDS = range(401, 408)
TEXTS = ["wonderful", View().text, "not good , bad", "the zorgle was flumptious", "a good , bad " * 20]


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def read(text: str = View().text, **settings: Any) -> Reading:
    return page.read(run(**settings)[-1], View(text=text))


def said(text: str, **settings: Any) -> list[str]:
    return [say.key for say in page.see(run(**settings)[-1], read(text, **settings))]


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_every_stage_by_hand_is_torchs(text: str) -> None:
    reading, weights = read(text), run()[-1].state("pooled")
    model = PooledClassifier(page.WORDS, 4)
    model.load_state_dict(weights)
    ids = torch.tensor(reading.ids)
    one_hot = nn.functional.one_hot(ids, page.WORDS + 1).float()  # (T, V + 1)
    np.testing.assert_array_equal(one_hot @ weights["embed.weight"], np.array(reading.vectors, np.float32))
    np.testing.assert_array_equal(model.embed(ids).detach(), np.array(reading.vectors, np.float32))
    np.testing.assert_allclose(np.mean(reading.vectors, axis=0), reading.mean, rtol=0, atol=1e-6)
    torchs = float(model(pack([reading.ids], [1.0])).detach())
    # A logit of 26 in single precision is known to two millionths.
    assert reading.logit == pytest.approx(torchs, rel=1e-6, abs=1e-6)
    assert reading.score == pytest.approx(1 / (1 + exp(-reading.logit)), abs=1e-6)


@pytest.mark.parametrize("text", TEXTS)
def test_the_pulls_of_the_words_add_up_to_the_logit(text: str) -> None:
    reading = read(text)
    pulls = [page.pull(reading, t) for t in range(len(reading.tokens))]
    assert sum(pulls) + reading.bias == pytest.approx(reading.logit, abs=1e-5)
    say = next(say for say in page.see(run()[-1], reading) if say.key == "strongest")
    assert abs(say.values["pull"]) == max(map(abs, pulls))


def test_shapes() -> None:
    assert run(dim=8, steps=24)[-1].weights["pooled.embed.weight"].shape == (page.WORDS + 1, 8)
    assert np.shape(read(dim=8, steps=24).vectors) == (6, 8)


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_it_learns_to_tell_good_from_bad(seed: int) -> None:
    start, end = run(seed=seed)[0].numbers, run(seed=seed)[-1].numbers
    assert end["loss"] < start["loss"] - 0.15
    assert end["accuracy"] > 0.74
    assert abs(start["accuracy"] - 0.5) < 0.1
    assert read("a wonderful film", seed=seed).score > 0.5 > read("a bad film", seed=seed).score
    assert said(View().text, seed=seed) == ["positive", "strongest"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_the_words_is_gone(seed: int) -> None:
    """Equal up to the rounding of a sum in another order."""
    scores = [read(" ".join(words), seed=seed).score for words in permutations(["not", "good", ",", "bad"])]
    assert max(scores) - min(scores) < 1e-6


# -- what breaks it ----------------------------------------------------------------------------------------


def test_unknown_words_share_the_vector_of_number_0() -> None:
    assert page.BREAKS["unknown_words"] == {"text": "the zorgle was flumptious"}
    reading = read("the zorgle was flumptious")
    assert reading.ids[1] == reading.ids[3] == 0
    assert reading.vectors[1] == reading.vectors[3]
    assert page.headline(run()[-1], reading)["unknown"] == 2
    assert read("zorgle").score == read("flumptious flumptious").score


# -- what the page says and shows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["empty"]),
        ("😀 1 2 3", ["empty"]),
        ("wonderful", ["positive", "strongest"]),
        ("awful", ["negative", "strongest"]),
        ("wonderful zorgle", ["positive", "strongest", "unknown"]),
        ("wonderful " * 9, ["positive", "strongest", "shortened"]),
    ],
)
def test_it_says_what_was_measured(text: str, keys: list[str]) -> None:
    assert said(text) == keys


@pytest.mark.parametrize("text", ["", *TEXTS])
def test_the_numbers_of_the_journey_stand_in_the_readings(text: str) -> None:
    readings = [page.read(checkpoint, View(text=text)) for checkpoint in run()]
    picture = page.picture_journey(readings)
    shown = range(min(page.SHOWN, len(readings[-1].tokens)))
    for frame, reading in zip(picture.frames, readings, strict=True):
        assert [frame[f"word{t}"] for t in shown] == [[[reading.tokens[t]]] for t in shown]
        assert [frame[f"id{t}"] for t in shown] == [[[reading.ids[t]]] for t in shown]
        assert [np.ravel(frame[f"vector{t}"]).tolist() for t in shown] == [reading.vectors[t] for t in shown]
        assert np.ravel(frame["mean"]).tolist() == reading.mean
        assert frame["score"] == [[reading.score]]
        assert frame["logit"] == [[reading.logit]]


def test_every_stage_leads_to_a_page_of_its_own() -> None:
    stages = page.picture_journey([read()]).stages
    assert [stage.row for stage in stages] == [0, 1, 2, 3, 4]
    assert {stage.href for stage in stages} - {""} <= set(names())


@pytest.mark.parametrize("text", ["", *TEXTS])
def test_the_formula_has_the_numbers_of_this_text(text: str) -> None:
    values = page.formula(read(text))
    if not text:
        assert not values
        return
    assert values["score"] == pytest.approx(1 / (1 + exp(-values["w_mean"] - values["bias"])), abs=1e-6)
