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

    def upto(self, checkpoints: Sequence[Checkpoint]) -> list[Any]:
        """The readings of these checkpoints."""
        for index, checkpoint in enumerate(checkpoints):
            if index not in self._read:
                self._read[index] = self.explainer.read(checkpoint, self.view)
        return [self._read[index] for index in range(len(checkpoints))]


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
