"""The exported program, where an explainer imports what it uses in ways that no page happens to."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from explainers.support.script import script

OTHER_NAMES = '''
"""A toy that knows its helpers by other names."""

from explainers.support.contract import Settings
from explainers.support.powers import mantissa as parts, raised as power
from explainers.support.recall import SYMBOLS as LETTERS
from math import sqrt as root

DATA = ()


class Training(Settings):
    """What is trained."""

    base: int = 3


class View(Settings):
    """Where to look."""


def train(training):
    yield training.base


def read(checkpoint, view):
    return power(checkpoint, LETTERS)


def headline(checkpoint, reading):
    return {"m": parts(reading)[0], "e": parts(reading)[1], "root": root(reading)}
'''


def test_a_helper_imported_under_another_name_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_other_names.py").write_text(OTHER_NAMES.lstrip())
    monkeypatch.syspath_prepend(tmp_path)
    toy = import_module("toy_other_names")
    file = tmp_path / "program.py"
    file.write_text(script(toy, toy.Training(), toy.View()))
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == toy.headline(3, toy.read(3, toy.View())) == {
        "m": 6.561, "e": 3, "root": 81.0
    }  # fmt: skip


def test_two_helpers_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = (
        OTHER_NAMES.replace("return power(", "return LETTERS_OF(), power(")
        + "\n\ndef SYMBOLS():\n    return 0\n\n\ndef LETTERS_OF():\n    return SYMBOLS()\n"
    )
    (tmp_path / "toy_two_of_one_name.py").write_text(both.lstrip())
    monkeypatch.syspath_prepend(tmp_path)
    toy = import_module("toy_two_of_one_name")
    with pytest.raises(ValueError, match="SYMBOLS is defined in"):
        script(toy, toy.Training(), toy.View())
