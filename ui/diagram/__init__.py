"""The network as grids of real numbers, with arrows, and the arithmetic of the touched cell."""

from ui.scripts import component

_draw = component("diagram", "u-picture")


def diagram(data: bytes, *, key: str) -> None:
    """Draw a packed :class:`~explainers.support.pictures.Diagram`, its words, and the frame of run A."""
    _draw(key=key, data=data)
