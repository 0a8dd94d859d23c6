"""Runs that ship: there at once, trained anew when asked, and passed over when the file is not whole."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers import home
from explainers.__main__ import main
from explainers.support import precomputed as module
from explainers.support.contract import Checkpoint, Settings
from explainers.support.precomputed import Precomputed, command, load, precomputed, write
from tests.training.room import SOON, same
from training import Engine

TRAINING = home.Training(steps=24)
FILE = "home.npz"


@pytest.fixture(scope="module")
def made() -> list[Checkpoint]:
    return list(home.train(TRAINING))


@pytest.fixture
def data(made: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder in which the home page's run of 24 steps ships."""
    monkeypatch.setattr(home, "PRECOMPUTED", FILE, raising=False)
    monkeypatch.setattr(module, "DATA", tmp_path)
    module._shipped.cache_clear()
    write(tmp_path / FILE, "home", TRAINING, made, 12.5)
    yield tmp_path
    module._shipped.cache_clear()


def changed(file: Path, **about: Any) -> None:
    """Say something else about the run in the file."""
    with np.load(file, allow_pickle=False) as arrays:
        kept = dict(arrays)
    kept["about"] = np.array(json.dumps({**json.loads(str(kept["about"])), **about}))
    np.savez(file, **kept)


def test_a_file_holds_the_run_bit_for_bit(data: Path, made: list[Checkpoint]) -> None:
    found = load(data / FILE, "home")
    assert same(found.checkpoints, made)
    assert (found.key, found.cpu_seconds) == (TRAINING.key(), 12.5)
    with pytest.raises(ValueError, match="read-only"):
        next(iter(found.checkpoints[0].weights.values()))[:] = 0
    with np.load(data / FILE, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
    assert about["command"] == command("home") == "python -m explainers precompute home"
    assert about["settings"] == TRAINING.model_dump()


def test_what_ships_is_there_at_once_and_nothing_is_trained(data: Path, made: list[Checkpoint]) -> None:
    del data
    with closing(Engine(workers=1, ships=precomputed)) as engine:  # not started: it could train nothing
        run = engine.request("v", "home", TRAINING)
        assert (run.state, run.precomputed, run.cpu_seconds, run.progress) == ("finished", True, 12.5, 1.0)
        assert same(run.checkpoints, made)
        assert run.bytes == sum(w.nbytes for point in made for w in point.weights.values())
        assert engine.request("w", "home", TRAINING) is run
        other = engine.request("w", "home", home.Training(steps=25))
        assert (other.state, other.precomputed, other.anew) == ("queued", False, False)


def test_nothing_is_trained_at_the_start_for_what_ships(data: Path) -> None:
    del data
    with closing(Engine(workers=1, ships=precomputed)) as engine:
        engine.start()
        engine.warm([("home", TRAINING), ("home", home.Training(steps=25))])
        last = engine.request("v", "home", home.Training(steps=25))
        assert last.wait(SOON)
        assert not last.precomputed
        assert engine.request("v", "home", TRAINING).precomputed


def test_forty_who_train_it_anew_are_one_run(data: Path, made: list[Checkpoint]) -> None:
    del data
    with closing(Engine(workers=1, ships=precomputed)) as engine:
        engine.start()
        runs = [engine.request(f"v{i}", "home", TRAINING, anew=True) for i in range(40)]
        assert len({id(run) for run in runs}) == 1
        run = runs[0]
        assert run.anew and not run.precomputed
        assert engine.request("w", "home", TRAINING).precomputed  # the others keep what ships
        assert run.wait(SOON)
        assert same(run.checkpoints, made)
        assert 0 < run.cpu_seconds != 12.5
        assert engine.request("late", "home", TRAINING, anew=True) is run
        # Of what does not ship there is one run, however it is asked for.
        plain = engine.request("v0", "home", home.Training(steps=25))
        assert engine.request("v1", "home", home.Training(steps=25), anew=True) is plain


def test_whoever_stops_it_keeps_what_there_is(data: Path) -> None:
    del data
    with closing(Engine(workers=1, ships=precomputed)) as engine:  # not started: it waits for ever
        run = engine.request("v", "home", TRAINING, anew=True)
        engine.stop(run, "v")
        assert engine.request("v", "home", TRAINING, anew=True).state == "stopped"


def test_a_cache_without_room_loads_it_again(data: Path) -> None:
    del data
    with closing(Engine(workers=1, cache_bytes=0, ships=precomputed)) as engine:
        for visitor in ("a", "b"):
            assert engine.request(visitor, "home", TRAINING).precomputed
            engine.leave(visitor)


@pytest.mark.parametrize(
    "harm",
    ["missing", "empty", "truncated", "no archive", "pickle", "format", "name", "half", "settings", "folder"],
)
def test_a_file_that_cannot_be_used_is_as_if_there_were_none(data: Path, harm: str) -> None:
    file = data / FILE
    match harm:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "truncated":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        case "no archive":
            file.write_bytes(b"not an archive" * 100)
        case "pickle":
            np.savez(file, about=np.array([{"format": 1}], dtype=object))
        case "format":
            changed(file, format=0)
        case "name":
            changed(file, name="lstm")
        case "half":
            with np.load(file, allow_pickle=False) as arrays:
                kept = dict(arrays)
            np.savez(file, **{**kept, "step": kept["step"][:-1]})
        case "settings":  # the default has changed since it was made
            changed(file, key=home.Training(steps=25).key())
        case "folder":
            file.unlink()
            file.mkdir()
    assert precomputed("home", TRAINING) is None
    run = Engine(workers=1, ships=precomputed).request("v", "home", TRAINING)
    assert (run.state, run.precomputed) == ("queued", False)


def test_a_bit_that_fell_over_is_noticed(data: Path) -> None:
    file = data / FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    assert precomputed("home", TRAINING) is None


def test_only_an_explainer_has_one() -> None:
    kind = Settings()
    found: Precomputed | None = precomputed("tests.training.toy", kind)
    assert found is None
    assert precomputed("../home", kind) is None
    assert precomputed("lstm", kind) is None


def test_the_command_makes_the_file(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "Training", lambda: TRAINING)
    (data / FILE).unlink()
    assert main(["precompute", "home"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["name"] == "home"
    assert printed["checkpoints"] == len(load(data / FILE, "home").checkpoints)
    assert printed["bytes"] == (data / FILE).stat().st_size
    assert main(["precompute", "home", "--out", str(data / "other")]) == 0
    assert same(load(data / "other", "home").checkpoints, load(data / FILE, "home").checkpoints)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [(["precompute", "nothing"], "home"), (["precompute", "lstm"], "home"), (["precompute"], "name")],
)
def test_the_command_says_what_is_allowed(
    data: Path, words: list[str], allowed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del data
    with pytest.raises(SystemExit):
        main(words)
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert allowed in error
