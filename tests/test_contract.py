"""What holds for every explainer: the contract, the settings' bounds, the export, the same run everywhere."""

import json
import math
import pickle
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from pydantic import ValidationError

from explainers.support.contract import Checkpoint, Label, data_of
from explainers.support.pictures import Chart, Diagram
from explainers.support.registry import find, names
from explainers.support.script import script
from ui.locale import LANGUAGES, Words
from ui.payload import packed

ROOT = Path(__file__).resolve().parents[1]
ALL = pytest.mark.parametrize("name", names())
ODD = [
    "",
    " ",
    "😀🧵",
    "مرحبا بالعالم",
    "a\u0301e\u0302",
    "\x00\x07\x1b[31m",
    "<script>alert(1)</script>",
    "a " * 140,
]


@cache
def default_run(name: str) -> tuple[Checkpoint, ...]:
    explainer = find(name)
    return tuple(explainer.train(explainer.Training()))


def labels(value: Any) -> set[Label]:
    """Every label in a picture."""
    if isinstance(value, Label):
        return {value}
    if isinstance(value, dict):
        return {label for pair in value.items() for item in pair for label in labels(item)}
    if isinstance(value, list | tuple):
        return {label for item in value for label in labels(item)}
    return (
        {label for item in vars(value).values() for label in labels(item)}
        if hasattr(value, "__dict__")
        else set()
    )


def pictures(name: str, readings: list[Any]) -> dict[str, Chart | Diagram]:
    explainer = find(name)
    return {key: getattr(explainer, key)(readings) for key in vars(explainer) if key.startswith("picture_")}


@ALL
def test_checkpoints(name: str) -> None:
    run = default_run(name)
    assert 20 <= len(run) <= 41
    assert run[0].step == 0
    assert run[-1].step == run[-1].of
    assert all(a.step < b.step for a, b in pairwise(run))
    copied = pickle.loads(pickle.dumps(run[-1]))
    assert copied.numbers == run[-1].numbers
    assert all(np.array_equal(copied.weights[key], value) for key, value in run[-1].weights.items())
    assert any(not np.array_equal(run[0].weights[key], value) for key, value in run[-1].weights.items())


@ALL
def test_headline_has_its_keys_and_is_finite(name: str) -> None:
    explainer, run = find(name), default_run(name)
    numbers = explainer.headline(run[-1], explainer.read(run[-1], explainer.View()))
    assert tuple(numbers) == tuple(explainer.HEADLINE)
    assert all(isinstance(value, float) and math.isfinite(value) for value in numbers.values())


@ALL
def test_the_same_seed_is_the_same_run(name: str) -> None:
    explainer = find(name)
    for first, again in zip(default_run(name), explainer.train(explainer.Training()), strict=True):
        assert first.numbers == again.numbers
        assert all(np.array_equal(value, again.weights[key]) for key, value in first.weights.items())


@ALL
def test_the_exported_script_prints_the_same_headline(name: str, tmp_path: Path) -> None:
    explainer, run = find(name), default_run(name)
    file = tmp_path / f"{name}.py"
    file.write_text(script(explainer, explainer.Training(), explainer.View()))
    for data in data_of(explainer, explainer.Training()):
        (tmp_path / data).symlink_to(ROOT / "data" / data)
    done = subprocess.run(
        [sys.executable, "-I", str(file)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed == pytest.approx(
        explainer.headline(run[-1], explainer.read(run[-1], explainer.View())), abs=1e-9
    )
    text = file.read_text()
    assert not re.search(r"pydantic|streamlit|explainers\.", text)


@ALL
def test_pictures_are_plotly_and_every_label_has_words(name: str) -> None:
    explainer, run = find(name), default_run(name)
    found = pictures(name, [explainer.read(checkpoint, explainer.View()) for checkpoint in run])
    assert found
    for picture in found.values():
        for language in LANGUAGES:
            words = Words(language, name)
            for label in labels(picture):
                assert words.label(label)
            spec = json.loads(packed(picture, words.label))
            if isinstance(picture, Chart):
                for frame in (spec["frames"][0], spec["frames"][-1]):
                    go.Figure(data=frame, layout=spec["layout"])
        assert len(picture.frames) == len(picture.steps)
        if isinstance(picture, Diagram):
            drawn = {grid.name for grid in picture.grids}
            assert all(drawn == set(frame) for frame in picture.frames)
            assert {end for arrow in picture.arrows for end in (arrow.start, arrow.end)} <= drawn


@ALL
def test_what_you_see_has_words_for_odd_texts(name: str) -> None:
    explainer, run = find(name), default_run(name)
    texts = [field for field, info in explainer.View.model_fields.items() if info.annotation is str]
    for field in texts:
        for odd in ODD:
            try:
                view = explainer.View(**{field: odd})
            except ValidationError:
                continue
            reading = explainer.read(run[-1], view)
            explainer.headline(run[-1], reading)
            pictures(name, [explainer.read(run[0], view), reading])
            for say in explainer.see(run[-1], reading):
                for language in LANGUAGES:
                    words = Words(language, name)
                    assert words.fill(words.page["see"][say.key], say.values)
                    assert words.formula(words.page["inside"]["numbers"], explainer.formula(reading))
        with pytest.raises(ValidationError):
            explainer.View(**{field: "x" * 10_000})


@ALL
def test_settings_that_break_it_are_allowed(name: str) -> None:
    explainer = find(name)
    for values in explainer.BREAKS.values():
        for kind in (explainer.Training, explainer.View):
            kind(**{key: value for key, value in values.items() if key in kind.model_fields})
        assert set(values) <= {*explainer.Training.model_fields, *explainer.View.model_fields}
