"""Pictures as what a browser takes: JSON with every label in the visitor's words."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from explainers.support.contract import Label
from explainers.support.pictures import PIXELS, Diagram

# Labels are strings of a class of their own: passed over, so that `words` is asked for each of them.
OPTIONS = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_SERIALIZE_NUMPY


def packed(picture: Any, words: Callable[[Label], str]) -> bytes:
    """Dataclasses, dicts, lists, arrays and numbers as JSON, each label as ``words`` says it.

    Not-a-number and infinity become null, which a picture shows as a gap. Thousands of numbers pass through
    here between a slider and its picture: none is touched in Python, and Streamlit passes bytes on as they
    are.
    """

    def other(value: Any) -> Any:
        if isinstance(value, Label):
            return words(value)
        if isinstance(value, np.ndarray | np.generic):
            return value.tolist()
        raise TypeError(f"a picture cannot hold {type(value)}")

    return orjson.dumps(picture, default=other, option=OPTIONS)


def lean(picture: Diagram, frames: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Frames of a diagram with each pixel grid as one string: 16 bits a number, and once while it stays.

    A grid that is as it was in the frame before is not in a frame. What is no number, or too large for 16
    bits, is a gap.
    """
    # Thousands of numbers that are there for the arithmetic alone come as an array, too.
    arrays = {name for frame in frames[:1] for name, part in frame.items() if isinstance(part, np.ndarray)}
    names = [g.name for g in picture.grids if g.kind in PIXELS or (g.kind == "hidden" and g.name in arrays)]
    found = []
    seen: dict[str, Any] = {}  # as it came, the same array again is not packed again
    sent: dict[str, Any] = {}
    for frame in frames:
        kept = {name: part for name, part in frame.items() if name not in names}
        for name in names:
            numbers = frame.get(name)
            if name in sent and numbers is seen[name]:
                continue
            packed = None if numbers is None else _halves(numbers)
            if name not in sent or packed != sent[name]:
                kept[name] = sent[name] = packed
            seen[name] = numbers
        found.append(kept)
    return found


def _halves(numbers: Any) -> dict[str, Any]:
    """Rows of numbers as float16, lowest byte first, in base64."""
    with np.errstate(over="ignore"):
        table = np.asarray(numbers).astype("<f2")
    if table.ndim != 2:
        raise ValueError(f"a pixel grid has rows and columns, not the shape {table.shape}")
    rows, columns = table.shape
    return {"rows": rows, "columns": columns, "half": b64encode(table.tobytes()).decode()}
