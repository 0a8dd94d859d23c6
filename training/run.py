"""One training as everybody who watches it sees it."""

from __future__ import annotations

from threading import Condition
from typing import Literal

from explainers.support.contract import Checkpoint, Settings
from explainers.support.precomputed import Precomputed

State = Literal["queued", "running", "finished", "stopped", "failed"]


class Run:
    """A training that is waiting, running or done. Safe to read from any thread.

    ``state`` says which; ``place`` is the place in the queue (1 is next, 0 is not waiting); ``error`` is
    empty or one of ``died``, ``busy``, ``too_long``, ``failed``; ``cpu_seconds`` is the worker's CPU time;
    ``bytes`` is the size of all checkpoints. ``anew``: trained here although it ships; ``precomputed``: it
    ships, and was not trained here.
    """

    def __init__(
        self, name: str, training: Settings, state: State = "queued", error: str = "", *, anew: bool = False
    ) -> None:
        self.name = name
        self.training = training
        self.anew = anew
        self.precomputed = False
        self.key = f"{name}-{training.key()}" + "-anew" * anew
        self.state: State = state
        self.error = error
        self.place = 0
        self.patient = False  # lets other waiting runs go first
        self.cpu_seconds = 0.0
        self.bytes = 0
        self._checkpoints: list[Checkpoint] = []
        self._seen: tuple[Checkpoint, ...] = ()
        self._changed = Condition()

    @property
    def module(self) -> str:
        """The explainer's module, ``explainers.name``; a dotted name is a module already."""
        return self.name if "." in self.name else f"explainers.{self.name}"

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The checkpoints so far, the first before training."""
        with self._changed:
            if len(self._seen) != len(self._checkpoints):
                self._seen = tuple(self._checkpoints)
            return self._seen

    @property
    def running(self) -> bool:
        """Whether more is to come: the run waits or trains."""
        return self.state in ("queued", "running")

    @property
    def progress(self) -> float:
        """The share of optimiser steps that are done, from 0 to 1."""
        if self.state == "finished":
            return 1.0
        last = self.checkpoints[-1:]
        return last[0].step / last[0].of if last and last[0].of else 0.0

    def wait(self, seconds: float) -> bool:
        """Wait until the run is done, for ``seconds`` at most; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.running, seconds)

    def wait_for(self, count: int, seconds: float) -> bool:
        """Wait for ``count`` checkpoints, or the end, for ``seconds`` at most; whether they are there."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._checkpoints) >= count or not self.running, seconds)
            return len(self._checkpoints) >= count

    def add(self, index: int, checkpoint: Checkpoint, cpu_seconds: float, size: int) -> None:
        """Take the next checkpoint; with the last one, the run is finished. One that starts again sends the
        same ones again: they stand already.
        """
        with self._changed:
            if index == len(self._checkpoints) and self.running:
                self._checkpoints.append(checkpoint)
                self.cpu_seconds = cpu_seconds
                self.bytes += size
                if checkpoint.step == checkpoint.of:
                    self.become("finished")
                self._changed.notify_all()

    def become(self, state: State, error: str = "") -> None:
        """Go on to another state; what is done stays done."""
        with self._changed:
            if self.running:
                self.state, self.error = state, error
                if state != "queued":
                    self.place = 0
                self._changed.notify_all()

    @classmethod
    def done(cls, name: str, training: Settings, found: Precomputed) -> Run:
        """A run that ships."""
        run = cls(name, training, "finished")
        run._checkpoints = list(found.checkpoints)
        run.cpu_seconds, run.precomputed = found.cpu_seconds, True
        run.bytes = sum(array.nbytes for point in found.checkpoints for array in point.weights.values())
        return run

    def halted(self) -> Run:
        """This run as it stands now, stopped: for one visitor, while others may go on."""
        copy = Run(self.name, self.training, "stopped", anew=self.anew)
        copy._checkpoints = list(self.checkpoints)
        copy.cpu_seconds = self.cpu_seconds
        return copy
