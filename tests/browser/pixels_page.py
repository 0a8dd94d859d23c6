"""A page of pixel grids for the browser tests: a picture, its feature map, the pooled map, boxes, more."""

from typing import Any

import numpy as np
import streamlit as st

from explainers.support.pictures import Arrow, Diagram, Grid
from ui import theme
from ui.diagram import diagram
from ui.locale import Words
from ui.payload import lean, packed

STEPS = list(range(12))
KERNEL = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
MANY = 12  # further maps of 24 × 24


def frames() -> list[dict[str, Any]]:
    """A square that stays, seen through a detector of edges that grows stronger; noise beside it."""
    generator = np.random.default_rng(0)
    ink = np.zeros((28, 28), dtype=np.float32)
    ink[9:19, 9:19] = 1.0
    padded = np.pad(ink, 1)
    edges = sum(KERNEL[i, j] * padded[i : i + 28, j : j + 28] for i in range(3) for j in range(3))
    found = []
    for step in STEPS:
        map_ = edges * (step + 1) / len(STEPS)
        pooled = map_.reshape(14, 2, 14, 2).max(axis=(1, 3))
        frame = {
            "ink": ink,
            "kernel": (KERNEL * (step + 1) / len(STEPS)).tolist(),
            "map": map_,
            "pooled": pooled,
        }
        frame["ink/boxes"] = [
            {"box": [8.5, 8.5, 19.5, 19.5], "series": "truth", "label": "3 · 0.91", "cell": ["pooled", 6, 6]},
            {
                "box": [1.0, 1.0, 10.0, 9.0],
                "series": "suppressed",
                "label": "7",
                "dashed": True,
                "cell": None,
            },
        ]
        frame |= {f"more{i}": generator.normal(size=(24, 24)) for i in range(MANY)}
        found.append(frame)
    return found


def picture() -> Diagram:
    """All of them with arrows, receptive fields and worked sums."""
    terms = " + ".join(
        f"{{kernel:{i},{j}}}·{{ink:r{i - 1:+d},c{j - 1:+d}}}" for i in range(3) for j in range(3) if j != 1
    )
    every = ", ".join(f"{{map:2r+{i},2c+{j}}}" for i in range(2) for j in range(2))
    grids = [
        Grid("ink", (0, 0), "ink", title="picture", pixel=5, span=(1, 2), narrow=(0, 0)),
        Grid("kernel", (1, 0), title="detector", narrow=(0, 1)),
        Grid("map", (2, 0), "map", title="map", scale=4.0, narrow=(0, 2), arithmetic=f"{terms} = {{self}}",
             looks={"ink": (1, 3, -1)}),
        Grid("pooled", (3, 0), "map", title="pooled", scale=4.0, narrow=(1, 2), caption="max",
             arithmetic=f"max({every}) = {{self}}", looks={"map": (2, 2, 0), "ink": (2, 4, -1)}),
        *(Grid(f"more{i}", (1 + i % 4, 1 + i // 4), "map", pixel=2, narrow=(i % 3, 3 + i // 3))
          for i in range(MANY)),
    ]  # fmt: skip
    arrows = [Arrow("ink", "map"), Arrow("map", "pooled")]
    return Diagram(grids, arrows, frames(), STEPS, 2.0, ("map", 9, 9))


def page() -> None:
    """Draw it as a lesson does."""
    st.set_page_config(page_title="pixels", layout="wide")
    theme.apply({})
    st.title("Pixels", anchor=False)
    words = Words("en", "home")
    drawn = picture()
    spec = {**vars(drawn), "frames": lean(drawn, drawn.frames)}
    shared = {**words.shared["picture"], "decimal": ".", "language": "en", "title": "pixels"}
    last = lean(drawn, drawn.frames[:1])[0] if st.query_params.get("a") else None
    with st.container(border=True, key="u_picture_pixels"):
        diagram(packed({"spec": spec, "words": shared, "overlay": last}, words.label), key="pixels")


if __name__ == "__main__":
    page()
