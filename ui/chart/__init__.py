"""A Plotly chart that redraws in place and scrubs through its frames in the browser."""

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_SHARED = _HERE.parent


def _component() -> Any:
    return st.components.v2.component(
        "unrolled_chart",
        html='<div class="u-picture"></div>',
        css=(_SHARED / "picture.css").read_text(encoding="utf-8"),
        js=(_SHARED / "picture.js").read_text(encoding="utf-8")
        + (_HERE / "chart.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )


_draw = _component()


def chart(data: bytes, *, key: str) -> None:
    """Draw a packed :class:`~explainers.support.pictures.Chart`, its words and the traces of run A."""
    _draw(key=key, data=data)
