"""What the checkpoints of one run say about one view, read once each and kept for all who ask the same."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any
from weakref import ref

import streamlit as st

from explainers.support.contract import Checkpoint, Settings
from training import Run

KEPT = 64  # views, of all runs, beside those that visitors look at now
Part = tuple[Callable[..., None], bytes]  # what draws a picture, and what it takes
Parts = dict[tuple[str, str], tuple[int, Part]]  # (picture, language) → the checkpoints it shows, and it

_lock = Lock()
# A run that the engine forgot goes, with all its checkpoints: what was read of it does not hold it.
_kept: OrderedDict[tuple[ref[Run], Settings], "Readings"] = OrderedDict()


class Readings:
    """What the checkpoints of one run say about one view, and the pictures drawn of it."""

    def __init__(self, explainer: Any, run: Run, view: Settings) -> None:
        self.explainer, self.view = explainer, view
        self._run = ref(run)
        self.parts: Parts = {}
        self._read: dict[int, Any] = {}

    @property
    def run(self) -> Run:
        """The run, which whoever looks at these readings holds."""
        run = self._run()
        assert run is not None
        return run

    def upto(self, checkpoints: Sequence[Checkpoint]) -> Sequence[Any]:
        """The readings of these checkpoints, each made when it is first looked at: no picture needs all."""
        return _Upto(self, checkpoints)

    def of(self, indices: Sequence[int], checkpoints: Sequence[Checkpoint]) -> list[Any]:
        """The readings of this run's checkpoints number so and so; those that are not known yet at once."""
        if new := [index for index in indices if index not in self._read]:
            asked = [checkpoints[index] for index in new]
            if hasattr(self.explainer, "read_all"):
                read = self.explainer.read_all(asked, self.view)
            else:
                read = [self.explainer.read(checkpoint, self.view) for checkpoint in asked]
            self._read.update(zip(new, read, strict=True))
        return [self._read[index] for index in indices]


class _Upto(Sequence[Any]):
    def __init__(self, readings: Readings, checkpoints: Sequence[Checkpoint]) -> None:
        self._readings, self._checkpoints = readings, checkpoints

    def __len__(self) -> int:
        return len(self._checkpoints)

    def __getitem__(self, at: Any) -> Any:
        index = range(len(self))[at]  # counted from the first, or several of them
        if isinstance(index, range):
            return self._readings.of(index, self._checkpoints)
        return self._readings.of([index], self._checkpoints)[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])


def shared(explainer: Any, run: Run, view: Settings) -> Readings:
    """What this server has read of the run for this view, whoever asked."""
    asked = ref(run), view
    with _lock:
        for gone in [key for key in _kept if key[0]() is None]:
            del _kept[gone]
        found = _kept.setdefault(asked, Readings(explainer, run, view))
        _kept.move_to_end(asked)
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
        return found


def kept(slot: str, explainer: Any, run: Run, view: Settings) -> Readings:
    """The same, and kept as long as this visitor's page shows it."""
    held, known = st.session_state.get(f"readings_{slot}", (None, None))
    if held is not run or known.view != view:
        known = shared(explainer, run, view)
        st.session_state[f"readings_{slot}"] = run, known
    return known
