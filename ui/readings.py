"""What the checkpoints of one run say about one view, read once each and kept for all who ask the same."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import streamlit as st

from explainers.support.contract import Checkpoint, Settings
from training import Run

KEPT = 64  # views, of all runs, beside those that visitors look at now
Part = tuple[Callable[..., None], bytes]  # what draws a picture, and what it takes
Parts = dict[tuple[str, str], tuple[int, Part]]  # (picture, language) → the checkpoints it shows, and it

_lock = Lock()
_kept: OrderedDict[tuple[Run, Settings], "Readings"] = OrderedDict()


class Readings:
    """What the checkpoints of one run say about one view, and the pictures drawn of it."""

    def __init__(self, explainer: Any, run: Run, view: Settings) -> None:
        self.explainer, self.run, self.view = explainer, run, view
        self.parts: Parts = {}
        self._read: dict[int, Any] = {}

    def upto(self, checkpoints: Sequence[Checkpoint]) -> Sequence[Any]:
        """The readings of these checkpoints, each made when it is first looked at: no picture needs all."""
        return _Upto(self, checkpoints)

    def of(self, index: int, checkpoint: Checkpoint) -> Any:
        """The reading of this run's checkpoint number ``index``."""
        if index not in self._read:
            self._read[index] = self.explainer.read(checkpoint, self.view)
        return self._read[index]


class _Upto(Sequence[Any]):
    def __init__(self, readings: Readings, checkpoints: Sequence[Checkpoint]) -> None:
        self._readings, self._checkpoints = readings, checkpoints

    def __len__(self) -> int:
        return len(self._checkpoints)

    def __getitem__(self, at: Any) -> Any:
        index = range(len(self))[at]  # counted from the first, or several of them
        if isinstance(index, range):
            return [self[one] for one in index]
        return self._readings.of(index, self._checkpoints[index])


def shared(explainer: Any, run: Run, view: Settings) -> Readings:
    """What this server has read of the run for this view, whoever asked."""
    with _lock:
        found = _kept.pop((run, view), None) or Readings(explainer, run, view)
        _kept[run, view] = found
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
        return found


def kept(slot: str, explainer: Any, run: Run, view: Settings) -> Readings:
    """The same, and kept as long as this visitor's page shows it."""
    known = st.session_state.get(f"readings_{slot}")
    if known is None or known.run is not run or known.view != view:
        known = st.session_state[f"readings_{slot}"] = shared(explainer, run, view)
    return known
