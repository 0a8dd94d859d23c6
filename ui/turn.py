"""Scripts take turns, first come, first served.

They share one interpreter: forty that run at the same time all end when the last of them does, and the event
loop, which sends what they draw, waits behind each. One after another, most end early.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, local
from time import monotonic

PATIENCE = 5.0  # seconds after which a script no longer waits: one that hangs does not stop the others
WINDOW = 2.0  # seconds over which the turns are added up
FULL = 0.3  # the share of them in which somebody had the turn


_lock = Lock()
_waiting: deque[Event] = deque()
_later: deque[Event] = deque()  # whose turn comes when nobody else waits
_taken = False
_turns: deque[tuple[float, float]] = deque(maxlen=1_000)  # when each began and ended
_mine = local()


def _take(queue: deque[Event] = _waiting, first: bool = False) -> None:
    global _taken
    mine = Event()
    with _lock:
        if _taken:
            (queue.appendleft if first else queue.append)(mine)
        else:
            _taken = True
            mine.set()
    mine.wait(PATIENCE)
    with _lock:
        _mine.held, _mine.since = mine.is_set(), monotonic()
        if not _mine.held:
            queue.remove(mine)


def _give() -> None:
    global _taken
    with _lock:
        if not _mine.held:
            return
        _mine.held = False
        _turns.append((_mine.since, monotonic()))
        if _waiting or _later:
            (_waiting or _later).popleft().set()
        else:
            _taken = False


def crowded() -> bool:
    """Whether it is somebody else's turn, or has been so often that it soon will be."""
    if getattr(_mine, "held", False):
        return False
    with _lock:
        begin = monotonic() - WINDOW
        while _turns and _turns[0][1] < begin:
            _turns.popleft()
        return _taken or sum(end - max(start, begin) for start, end in _turns) > FULL * WINDOW


@contextmanager
def turn(patient: bool = False, again: bool = False) -> Iterator[None]:
    """Compute when it is this script's turn; a patient one lets others go first.

    A turn inside a turn is the same one. Who was there already, for the same click, comes ``again`` first.
    """
    if getattr(_mine, "held", False):
        yield
        return
    _take(_later if patient else _waiting, first=again)
    try:
        yield
    finally:
        _give()


@contextmanager
def pause() -> Iterator[None]:
    """Let others have the turn while this script waits."""
    if not getattr(_mine, "held", False):
        yield
        return
    _give()
    try:
        yield
    finally:
        _take()
