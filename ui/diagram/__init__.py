"""The network as grids of real numbers, with arrows, and the arithmetic of the touched cell."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_SHARED = _HERE.parent
PARTS = ("walk", "pixels", "arrows", "diagram")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


_draw = st.components.v2.component(
    "unrolled_diagram",
    html='<div class="u-picture"></div>',
    css=_read(_SHARED / "picture.css") + _read(_HERE / "diagram.css"),
    js=_read(_SHARED / "picture.js") + "".join(_read(_HERE / f"{part}.js") for part in PARTS),
    isolate_styles=False,
)


def diagram(data: bytes, *, key: str) -> None:
    """Draw a packed :class:`~explainers.support.pictures.Diagram`, its words, and the frame of run A."""
    _draw(key=key, data=data)
