"""What the checkpoints of one run say about one view, read once each and kept for a visitor."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from explainers.support.contract import Checkpoint, Settings
from training import Run


class Readings:
    """What the checkpoints of one run say about one view, read once each."""

    def __init__(self, explainer: Any, run: Run, view: Settings) -> None:
        self.explainer, self.run, self.view = explainer, run, view
        self._read: dict[int, Any] = {}

    def upto(self, checkpoints: Sequence[Checkpoint]) -> list[Any]:
        """The readings of these checkpoints."""
        for index, checkpoint in enumerate(checkpoints):
            if index not in self._read:
                self._read[index] = self.explainer.read(checkpoint, self.view)
        return [self._read[index] for index in range(len(checkpoints))]


def kept(slot: str, explainer: Any, run: Run, view: Settings) -> Readings:
    """What this visitor's last run of the page read, if it asked the same; or what was read ahead."""
    known = st.session_state.get(f"readings_{slot}")
    if known is None or known.run is not run or known.view != view:
        known = st.session_state[f"readings_{slot}"] = read_ahead(run, view) or Readings(explainer, run, view)
    return known


def read_ahead(run: Run, view: Settings) -> Readings | None:
    """What ui/ahead has read of this run for a slider's neighbouring value."""
    of, readings = st.session_state.get("readings_ahead", (None, {}))
    return readings.get(view) if of is run else None
