"""Runs that ship: the checkpoints of a default that takes long, in a file of ``data/``.

An explainer that has one names it: ``PRECOMPUTED = "x.npz"``. ``python -m explainers precompute x`` makes it.
It is a plain npz, read without pickle: every number and every weight of all checkpoints, one array each with
the checkpoints in front, and ``about``, a JSON text that says which run this is.

On another processor the same training comes to slightly other numbers: ``tests/test_contract.py`` makes
each run anew and says how far apart.
"""

import json
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from explainers.support.contract import Array, Checkpoint, Settings
from explainers.support.registry import find, names

log = logging.getLogger(__name__)

FORMAT = 1
DATA = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True, eq=False)
class Precomputed:
    """A finished run: its settings' key, its checkpoints, and the CPU seconds that they took."""

    key: str
    checkpoints: tuple[Checkpoint, ...]
    cpu_seconds: float


def command(name: str) -> str:
    """What makes the file of this explainer."""
    return f"python -m explainers precompute {name}"


def file_of(name: str) -> Path:
    """Where the run of this explainer ships.

    Raises:
        ValueError: if it does not ship.

    """
    file = getattr(find(name), "PRECOMPUTED", "")
    if not file:
        those = ", ".join(name for name in names() if hasattr(find(name), "PRECOMPUTED"))
        raise ValueError(f"{name} is trained when it is asked for; what ships is: {those or 'nothing'}")
    return DATA / file


def write(
    file: Path, name: str, training: Settings, checkpoints: Sequence[Checkpoint], cpu_seconds: float
) -> None:
    """Write a run."""
    about = {
        "format": FORMAT,
        "name": name,
        "command": command(name),
        "settings": training.model_dump(),
        "key": training.key(),
        "torch": torch.__version__,
        "cpu_seconds": round(cpu_seconds, 3),
        "of": checkpoints[-1].of,
    }
    arrays: dict[str, Array] = {
        "about": np.array(json.dumps(about)),
        "step": np.array([checkpoint.step for checkpoint in checkpoints]),
    }
    for key in checkpoints[0].numbers:
        arrays[f"numbers.{key}"] = np.array([checkpoint.numbers[key] for checkpoint in checkpoints])
    for key in checkpoints[0].weights:
        arrays[f"weights.{key}"] = np.stack([checkpoint.weights[key] for checkpoint in checkpoints])
    with file.open("wb") as out:  # numpy would add .npz to the name of a path
        np.savez_compressed(out, **arrays)  # type: ignore[arg-type]


def load(file: Path, name: str) -> Precomputed:
    """Read a run of the explainer ``name``.

    Raises:
        ValueError: if the file holds none, or that of another explainer or version.
        OSError: if it cannot be read.

    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            if (about["format"], about["name"]) != (FORMAT, name):
                raise ValueError(f"a run of {about['name']!r} in format {about['format']!r}")
            columns = {key: arrays[key] for key in arrays.files if "." in key}
            steps = arrays["step"].tolist()
            of, key, seconds = int(about["of"]), str(about["key"]), float(about["cpu_seconds"])
    except (KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(f"not a precomputed run: {error}") from error
    if not steps or any(len(column) != len(steps) for column in columns.values()):
        raise ValueError("not every checkpoint is whole")
    for column in columns.values():
        column.setflags(write=False)  # many visitors read it

    def part(kind: str, index: int) -> dict[str, Any]:
        return {k.removeprefix(kind): v[index] for k, v in columns.items() if k.startswith(kind)}

    checkpoints = tuple(
        Checkpoint(step, of, {k: float(v) for k, v in part("numbers.", i).items()}, part("weights.", i))
        for i, step in enumerate(steps)
    )
    return Precomputed(key, checkpoints, seconds)


@cache
def _shipped(name: str) -> Precomputed | None:
    """What ships for this explainer; one that cannot be used is as if there were none."""
    if name not in names() or not hasattr(find(name), "PRECOMPUTED"):
        return None
    try:
        return load(file_of(name), name)
    except (OSError, ValueError):
        log.exception("what ships for %s cannot be used, it is trained instead", name)
        return None


def precomputed(name: str, training: Settings) -> Precomputed | None:
    """The run of exactly these settings, if it ships."""
    found = _shipped(name)
    return found if found is not None and found.key == training.key() else None
