"""A Plotly chart that redraws in place and scrubs through its frames in the browser."""

from ui.scripts import component

_draw = component("chart", "u-picture")


def chart(data: bytes, *, key: str) -> None:
    """Draw a packed :class:`~explainers.support.pictures.Chart`, its words and the traces of run A."""
    _draw(key=key, data=data)
