"""The small pictures of the summary show what the page of each thing measured."""

from types import SimpleNamespace

import numpy as np
import pytest

from explainers.support import minis


def bars(made: minis.Made) -> dict[str, float]:
    picture = made[0]
    assert isinstance(picture, minis.Bars)
    return {str(word): value for word, value, _ in picture.rows}


def test_bars_are_the_headline() -> None:
    headline = {
        "accuracy_ids": 0.5, "accuracy_one_hot": 0.8, "within": 0.2, "across": 1.6, "accuracy": 0.9,
        "accuracy_forget_shut": 0.1, "accuracy_forward_cue_after": 0.45,
        "accuracy_bidirectional_cue_after": 0.95, "accuracy_scratch": 0.6, "accuracy_frozen": 0.7,
        "accuracy_tuned": 0.75,
    }  # fmt: skip
    for draw, expected in (
        (minis.ids, {"ids": 0.5, "one_hot": 0.8, "chance": 0.5}),
        (minis.learnt, {"within": 0.2, "across": 1.6}),
        (minis.road, {"free": 0.9, "shut": 0.1, "chance": 1 / 8}),
        (minis.both, {"forward": 0.45, "bidirectional": 0.95}),
        (minis.borrowed, {"scratch": 0.6, "frozen": 0.7, "tuned": 0.75}),
    ):
        assert bars(draw(None, None, headline)) == {f"mini.{key}": value for key, value in expected.items()}


def test_bars_are_the_readings() -> None:
    shares = {"pooled": (0.4, 0.4), "recurrent": (0.1, 0.9)}
    picture, values = minis.order(None, SimpleNamespace(shares=shares), {})
    assert bars((picture, values)) == {
        "mini.pooled_typed": 0.4, "mini.pooled_shuffled": 0.4,
        "mini.recurrent_typed": 0.1, "mini.recurrent_shuffled": 0.9,
    }  # fmt: skip
    nearest = [("queen", 0.9), ("woman", 0.8), ("heir", 0.7), ("lady", 0.6), ("duke", 0.5)]
    asked = SimpleNamespace(words=("king", "man", "woman"), nearest=nearest, answer="queen")
    picture, values = minis.taken_over(None, SimpleNamespace(analogy=asked), {})
    assert bars((picture, values)) == {"queen": 0.9, "heir": 0.7, "lady": 0.6}


def test_lines_are_powers_of_ten_before_training() -> None:
    left = {"rnn": [1e-6, 1e-3, 1.0], "lstm": [1e-4, 1e-2, 1.0]}
    picture, values = minis.back(SimpleNamespace(left=left.__getitem__), None, {})
    assert isinstance(picture, minis.Lines)
    assert {series: list(line) for _, line, series in picture.lines} == {
        "rnn": [-6, -3, 0],
        "lstm": [-4, -2, 0],
    }
    assert picture.bounds == (-6, 0)
    assert values["parts"] == pytest.approx(1e6)
    along = {("signal", "with"): [1.0, 1.0], ("signal", "without"): [1.0, 1e-5]}
    picture, _ = minis.flow(SimpleNamespace(along=lambda what, net: along[what, net]), None, {})
    assert isinstance(picture, minis.Lines)
    assert {series: list(line) for _, line, series in picture.lines} == {
        "normalised": [0, 0],
        "plain": [0, -5],
    }


def test_cells_are_the_states_word_by_word() -> None:
    text = SimpleNamespace(states=np.array([[0.0, 0.0], [0.1, -0.2], [0.3, 0.4]]), tokens=["so", "good"])
    picture, values = minis.memory(None, SimpleNamespace(text=text), {"accuracy": 0.9})
    assert isinstance(picture, minis.Cells)
    assert (list(picture.columns), picture.rows) == (["", "so", "good"], [[0.0, 0.1, 0.3], [0.0, -0.2, 0.4]])
    assert (values["words"], values["units"]) == (2, 2)
