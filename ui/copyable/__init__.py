"""A text to take away, with a button that copies it."""

from collections.abc import Callable

from ui.scripts import component

_draw = component("copyable", "u-copyable")


def copyable(text: str, label: str, say: Callable[[str], str], *, key: str) -> None:
    """Draw it. Streamlit's own block of code brings 1.5 MB of syntax colouring into every page."""
    _draw(key=key, data={"text": text, "label": label, "copy": say("copy"), "copied": say("copied")})
