"""What the engine's tests share: visitors who ask for toys, and what the toys note."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from explainers.support.contract import Checkpoint
from tests.training import toy
from training import Engine, Run

SOON = 60.0  # seconds; nothing here takes that long, unless it hangs


def until(condition: Callable[[], Any], seconds: float = SOON) -> bool:
    """Look at what another process does until the condition holds, for ``seconds`` at most."""
    looks = int(seconds / 0.01)
    return any(condition() or Event().wait(0.01) for _ in range(looks)) or bool(condition())


class Room:
    """Visitors of one engine who ask for toys that note what they do in one folder."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.visitors: set[str] = set()

    def settings(self, **values: Any) -> toy.Training:
        return toy.Training(folder=str(self.folder), **values)

    def ask(self, visitor: str, slot: str = "main", **values: Any) -> Run:
        self.visitors.add(visitor)
        return self.engine.request(visitor, "tests.training.toy", self.settings(**values), slot)

    def hold(self, *visitors: str) -> list[Run]:
        """A run for each, seeds 100, 101, …, which all have begun and hold at their first checkpoint."""
        runs = [self.ask(v, seed=seed, hold=0) for seed, v in enumerate(visitors, start=100)]
        assert all(run.wait_for(1, SOON) for run in runs)
        return runs

    def noted(self, what: str, seed: int | None = None) -> list[int]:
        """The process ids of those who noted this."""
        file = self.folder / "notes"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [int(pid) for word, who, pid in lines if word == what and seed in (None, int(who))]

    def go(self) -> None:
        (self.folder / "go").touch()

    def clear(self) -> None:
        self.go()
        for visitor in self.visitors:
            self.engine.leave(visitor)


def same(ours: Sequence[Checkpoint], theirs: Sequence[Checkpoint]) -> bool:
    """Whether two runs are equal bit for bit."""

    def bits(points: Sequence[Checkpoint]) -> list[Any]:
        return [
            (p.step, p.of, p.numbers, {name: (w.dtype, w.tobytes()) for name, w in p.weights.items()})
            for p in points
        ]

    return bits(ours) == bits(theirs)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def dask(kind: str, *options: str) -> Iterator[None]:
    """A Dask ``scheduler`` or ``worker`` in a process of its own, on loopback."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--host", "127.0.0.1", "--no-dashboard"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
