"""Pictures as what a browser takes: JSON with every label in the visitor's words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from explainers.support.contract import Label

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
