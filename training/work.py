"""What runs inside a worker process."""

import ctypes
import importlib
import pickle
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.hooks import RemovableHandle

# Seconds between two messages at least: sending takes the interpreter away from the training, and a page
# looks (TICK in ui/pace.py) no more often.
PAUSE = 0.25

# Memory that a step freed the next one uses: asking for it again would cost more than the training itself.
# It is given back when the training is over, unless that was short: the next would only ask for it again, and
# home's takes 1.04 times as long then.
SHORT = 1.0  # CPU seconds
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


class TooLongError(Exception):
    """The training passed its limit of seconds."""


class StoppedError(Exception):
    """Nobody wants the training any more."""


class _Here(threading.local):
    """What the training in this thread asks itself: whether to go on."""

    ask: Callable[[], None] | None = None
    reading: RemovableHandle | None = None  # asks at every call of a module, until the first step


_here = _Here()


def _ask(*_: Any) -> None:
    if _here.ask is not None:
        _here.ask()


def _read() -> None:
    """Ask no more at every call of a module: where the steps ask, too, a small model takes 4 % longer."""
    if _here.reading is not None:
        _here.reading.remove()
        _here.reading = None


def _stepped(*_: Any) -> None:
    _read()
    _ask()


# Checkpoints may lie seconds apart; optimiser steps do not. Set once: torch walks through its hooks at every
# step of every thread.
register_optimizer_step_post_hook(_stepped)


def prepare(modules: Sequence[str]) -> None:
    """Import what the trainings need, before the first visitor waits for it."""
    for module in modules:
        importlib.import_module(module)


def train(attempt: str, topic: str, module: str, values: dict[str, Any], limit: float) -> None:
    """Train, sending lists of checkpoints to ``topic``. Ends early if the task was cancelled.

    Raises:
        TooLongError: past ``limit`` seconds.
    """
    from distributed import get_worker

    torch.set_num_threads(1)
    explainer = importlib.import_module(module)
    worker = get_worker()
    start, cpu = time.monotonic(), time.thread_time()
    unsent: list[dict[str, Any]] = []
    sent = 0.0

    def send() -> None:
        nonlocal sent
        # As ``log_event`` does, which wants bytes and not the arrays themselves: a copy of each.
        message = {"op": "log-event", "topic": topic, "msg": list(unsent)}
        worker.loop.add_callback(worker.batched_send, message)
        unsent.clear()
        sent = time.monotonic()

    def ask() -> None:
        # Dask cannot interrupt a task that runs, but the worker knows that it was cancelled.
        if worker.state.tasks[attempt].state == "cancelled":
            raise StoppedError
        now = time.monotonic()
        if now - start > limit:
            raise TooLongError
        if unsent and now - sent > PAUSE:
            send()

    _here.ask = ask
    _here.reading = register_module_forward_hook(_ask)  # what a training has to read first takes no steps
    try:
        for index, checkpoint in enumerate(explainer.train(explainer.Training(**values))):
            arrays: list[pickle.PickleBuffer] = []
            head = pickle.dumps(checkpoint, protocol=5, buffer_callback=arrays.append)
            data = [head, *(array.raw() for array in arrays)]
            used = time.thread_time() - cpu
            unsent.append({"attempt": attempt, "index": index, "data": data, "cpu": used})
            ask()
    except StoppedError:
        pass
    finally:
        _here.ask = None
        _read()
        if unsent:
            send()
        if _trim is not None and time.thread_time() - cpu > SHORT:
            _trim(0)
