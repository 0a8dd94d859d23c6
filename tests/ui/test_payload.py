"""What goes to the browser: JSON in the visitor's words."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from explainers.support.contract import Label
from ui.payload import packed


@dataclass(frozen=True)
class Part:
    title: str
    cells: object


def words(label: Label) -> str:
    return f"<{label}>"


def test_labels_become_words_and_the_visitors_words_stay() -> None:
    part = Part(Label("title.mean"), [["title.mean", Label("a", n=1)]])
    assert json.loads(packed(part, words)) == {"title": "<title.mean>", "cells": [["title.mean", "<a>"]]}


def test_arrays_and_numbers_of_any_kind() -> None:
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = json.loads(packed({"x": table[:, :2], "y": np.float64(0.5), "z": (1, np.int64(2))}, words))
    assert found == {"x": [[0, 1], [3, 4]], "y": 0.5, "z": [1, 2]}


def test_what_is_no_number_is_a_gap() -> None:
    assert json.loads(packed([float("nan"), float("inf"), np.float32("nan")], words)) == [None, None, None]


def test_what_no_browser_can_show_is_an_error() -> None:
    with pytest.raises(TypeError):
        packed([object()], words)
