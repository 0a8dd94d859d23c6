"""What goes to the browser: JSON in the visitor's words."""

import json
from base64 import b64decode
from dataclasses import dataclass

import numpy as np
import pytest

from explainers.support.contract import Label
from explainers.support.pictures import Diagram, Grid
from ui.payload import lean, packed


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


def pixels(frames: list[dict[str, object]]) -> list[dict[str, object]]:
    grids = [Grid("map", (0, 0), "map"), Grid("cells", (1, 0))]
    picture = Diagram(grids, [], frames, list(range(len(frames))))
    return json.loads(packed(lean(picture, picture.frames), words))


def halves(sent: object) -> np.ndarray:
    assert isinstance(sent, dict)
    return np.frombuffer(b64decode(sent["half"]), "<f2").reshape(sent["rows"], sent["columns"])


def test_pixels_travel_with_16_bits_each() -> None:
    table = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    table[0, 0], table[1, 1] = np.nan, 1e30
    frame = pixels([{"map": table, "cells": [[0.123456789]]}])[0]
    assert frame["cells"] == [[0.123456789]]
    back = halves(frame["map"])
    assert np.isnan(back[0, 0])
    assert np.isinf(back[1, 1])
    kept = np.isfinite(back)
    assert kept.sum() == table.size - 2
    assert np.abs(back[kept] - table[kept]).max() < 2e-3


def test_rows_of_columns_are_pixels_too_and_none_is_a_gap() -> None:
    assert np.isnan(halves(pixels([{"map": [[None, 0.5]]}])[0]["map"])).tolist() == [[True, False]]


def test_pixels_that_stay_are_sent_once() -> None:
    one = np.zeros((3, 3))
    frames = pixels(
        [{"map": one}, {"map": one}, {"map": one.copy()}, {"map": one + 1}, {"map": one}, {"map": None}]
    )
    assert ["map" in frame for frame in frames] == [True, False, False, True, True, True]
    assert frames[0]["map"] == frames[4]["map"]
    assert frames[5]["map"] is None


def test_pixels_have_rows_and_columns() -> None:
    with pytest.raises(ValueError, match="rows and columns"):
        pixels([{"map": np.zeros(3)}])
