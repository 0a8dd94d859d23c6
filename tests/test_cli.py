"""The command line: JSON or a program out, or one line that says what is allowed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explainers.__main__ import main
from explainers.support.registry import find, names
from explainers.support.script import script

ROOT = Path(__file__).resolve().parents[1]


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in listed] == names()
    for item in listed:
        explainer = find(item["name"])
        assert item["section"] == explainer.SECTION
        assert item["headline"] == list(explainer.HEADLINE)
        fields = {**item["parameters"]["training"], **item["parameters"]["view"]}
        assert set(fields) == {*explainer.Training.model_fields, *explainer.View.model_fields}
        for name, field in fields.items():
            assert "default" in field, name
            if field["type"] in ("integer", "number"):
                assert field["minimum"] <= field["default"] <= field["maximum"], name
            if field["type"] == "string":
                assert "maxLength" in field or field["default"] in field["enum"], name


def test_run_and_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "f.npz"
    words = ["run", "one_hot", "--set", "seed=3", "vocabulary=100", "--set", "steps=24", "text=good = bad"]
    assert main([*words, "--out", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["name"] == "one_hot"
    assert printed["settings"] == {"seed": 3, "vocabulary": 100, "steps": 24, "dim": 4, "text": "good = bad"}
    assert printed["parameters"] == {"ids": 2, "one_hot": 101, "embedding": 101 * 4 + 4 + 1}
    assert printed["seconds"] > 0
    explainer = find("one_hot")
    *_, last = explainer.train(explainer.Training(seed=3, vocabulary=100, steps=24))
    reading = explainer.read(last, explainer.View(text="good = bad"))
    assert printed["headline"] == explainer.headline(last, reading)
    with np.load(out) as arrays:
        assert arrays["reading.ids"].tolist() == reading.ids
        assert {f"weights.{name}" for name in last.weights} <= set(arrays)
        for name, value in last.weights.items():
            np.testing.assert_array_equal(arrays[f"weights.{name}"], value)


def test_a_text_without_words_runs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("home", "one_hot"):
        assert main(["run", name, "--set", "text=", "steps=24", "--out", str(tmp_path / f"{name}.npz")]) == 0
        assert json.loads(capsys.readouterr().out)["headline"]["tokens"] == 0


@pytest.mark.parametrize("name", names())
def test_script_prints_the_program(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", name, "--set", "seed=3"]) == 0
    program = capsys.readouterr().out
    explainer = find(name)
    assert program == script(explainer, explainer.Training(seed=3), explainer.View())
    compile(program, name, "exec")


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["run", "nothing"], "one_hot"),
        (["script", "nothing"], "one_hot"),
        (["run", "../one_hot"], "one_hot"),
        (["run", ""], "one_hot"),
        (["run", "one_hot", "--set", "nothing=1"], "vocabulary"),
        (["run", "one_hot", "--set", "seed=x"], "integer"),
        (["run", "one_hot", "--set", "seed=-5"], "greater than or equal to 0"),
        (["run", "one_hot", "--set", "seed=99999"], "less than or equal to 999"),
        (["run", "one_hot", "--set", "seed=" + "9" * 5000], "seed"),
        (["run", "one_hot", "--set", "seed=7.5"], "integer"),
        (["run", "one_hot", "--set", "seed="], "integer"),
        (["run", "one_hot", "--set", "seed"], "key=value"),
        (["run", "one_hot", "--set", "=7"], "vocabulary"),
        (["run", "one_hot", "--set", "text=" + "x" * 10_000], "280 characters"),
        (["run", "embedding", "--set", "task=nothing"], "'sentiment' or 'neighbours'"),
        (["run", "embedding", "--set", "rate=nan"], "finite number"),
        (["run", "embedding", "--set", "rate=inf"], "rate"),
        (["script", "embedding", "--set", "rate=-1"], "0.001"),
        (["run", "one_hot", "--set", "steps=24", "--out", "/nowhere/f.npz"], "No such file"),
        (["list", "all"], "all"),
        (["run"], "name"),
        (["dance"], "list"),
        ([], "command"),
    ],
)
def test_wrong_words_get_one_line(words: list[str], allowed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1 and error.endswith("\n")
    assert len(error) < 400
    assert allowed in error
    assert "Traceback" not in error


def test_it_is_a_command() -> None:
    command = [sys.executable, "-m", "explainers", "run", "one_hot", "--set", "steps=24", "vocabulary=100"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["settings"]["vocabulary"] == 100
    wrong = subprocess.run([*command[:3], "run", "x"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.count("\n") == 1
