"""The same experiments without a browser: ``python -m explainers list | run | script | precompute``."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from pydantic import ValidationError

from explainers.support.contract import Array, Checkpoint, Settings
from explainers.support.precomputed import file_of, write
from explainers.support.registry import find, names
from explainers.support.script import script


class Parser(argparse.ArgumentParser):
    """Wrong words get one line on standard error and status 2."""

    def error(self, message: str) -> NoReturn:
        """Say it in one line."""
        sys.stderr.write(" ".join(message.split()) + "\n")
        raise SystemExit(2)


def describe(name: str) -> dict[str, Any]:
    """Name, section, parameters with bounds and defaults, headline keys."""
    explainer = find(name)
    return {
        "name": name,
        "section": explainer.SECTION,
        "parameters": {
            kind.__name__.lower(): kind.model_json_schema()["properties"]
            for kind in (explainer.Training, explainer.View)
        },
        "headline": list(explainer.HEADLINE),
    }


def parse(explainer: Any, pairs: Sequence[str]) -> tuple[Settings, Settings]:
    """``key=value`` words → (Training, View).

    Raises:
        ValueError: in one line that says what is allowed.

    """
    chosen: dict[type[Settings], dict[str, str]] = {explainer.Training: {}, explainer.View: {}}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        kind = next((kind for kind in chosen if key in kind.model_fields), None)
        if not equals or kind is None:
            known = [name for kind in chosen for name in kind.model_fields]
            raise ValueError(f"--set takes key=value with a key of: {', '.join(known)}; not {pair[:80]!r}")
        chosen[kind][key] = value
    try:
        return explainer.Training(**chosen[explainer.Training]), explainer.View(**chosen[explainer.View])
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def run(name: str, training: Settings, view: Settings, out: str | None) -> dict[str, Any]:
    """Train, read, measure; write every array to ``out`` if one is named."""
    explainer = find(name)
    checkpoints, seconds = trained(explainer, training)
    last = checkpoints[-1]
    reading = explainer.read(last, view)
    if out:
        fields = asdict(reading) if is_dataclass(reading) and not isinstance(reading, type) else {}
        arrays: dict[str, Array] = {f"reading.{key}": np.asarray(value) for key, value in _flat(fields)}
        arrays |= {f"weights.{key}": value for key, value in last.weights.items()}
        np.savez(out, **{key: value for key, value in arrays.items() if value.dtype != object})  # type: ignore[arg-type]
    return {
        "name": name,
        "settings": {**training.model_dump(), **view.model_dump()},
        "headline": explainer.headline(last, reading),
        "parameters": last.parameters(),
        "seconds": round(seconds, 3),
    }


def trained(explainer: Any, training: Settings) -> tuple[list[Checkpoint], float]:
    """All checkpoints, and the CPU seconds that they took on one thread."""
    torch.set_num_threads(1)
    start = time.process_time()
    checkpoints = list(explainer.train(training))
    return checkpoints, time.process_time() - start


def precompute(name: str, out: str | None) -> dict[str, Any]:
    """Train the default of an explainer that ships it, and write it to ``out``, or where it ships."""
    explainer = find(name)
    training = explainer.Training()
    checkpoints, seconds = trained(explainer, training)
    path = Path(out) if out else file_of(name)
    write(path, name, training, checkpoints, seconds)
    size = path.stat().st_size
    return {"name": name, "checkpoints": len(checkpoints), "seconds": round(seconds, 3), "bytes": size}


def _flat(fields: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested dicts as dotted names; ragged lists, row by row."""
    rows: list[tuple[str, Any]] = []
    for key, value in fields.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            try:
                rows.append((prefix + key, np.asarray(value)))
            except ValueError:
                rows += [(f"{prefix}{key}.{i}", np.asarray(item)) for i, item in enumerate(value)]
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns the exit status."""
    parser = Parser(prog="python -m explainers")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    commands.add_parser("list", help="the explainers, as JSON")
    for command in ("run", "script", "precompute"):
        sub = commands.add_parser(command)
        sub.add_argument("name")
        if command != "precompute":
            sub.add_argument("--set", nargs="+", action="extend", default=[], metavar="key=value")
        if command != "script":
            sub.add_argument("--out", metavar="f.npz")
    options = parser.parse_args(arguments)
    if options.command == "list":
        print(json.dumps([describe(name) for name in names()], indent=2))
        return 0
    try:
        explainer = find(options.name)
        if options.command == "precompute":
            file_of(options.name)
        else:
            training, view = parse(explainer, options.set)
    except (KeyError, ValueError) as error:
        parser.error(str(error.args[0]))
    if options.command == "script":
        print(script(explainer, training, view), end="")
        return 0
    try:
        if options.command == "precompute":
            done = precompute(options.name, options.out)
        else:
            done = run(options.name, training, view, options.out)
        print(json.dumps(done, indent=2))
    except OSError as error:
        parser.error(f"--out {options.out}: {error.strerror or error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
