"""The blocks of a page, each drawn alone where it alone says something else."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.turn import turn


class Block:
    """A fragment of a page: ``says`` works out what it would show, and ``draw`` shows that."""

    def __init__(self, key: str, says: Callable[[], Any], draw: Callable[[Any], None]) -> None:
        self.key, self._says, self._draw = key, says, draw
        self._said: Any = None

    def show(self) -> None:
        """Draw it in its place, and again whenever Streamlit is asked for its key."""

        @turn()
        def block() -> None:
            self._said = self._says()
            self._draw(self._said)

        st.fragment(block, key=self.key)()

    def differs(self) -> bool:
        """Whether it would show something else than what stands there."""
        return bool(self._says() != self._said)
