"""Words as points on the plane, or in the space, in which they differ most."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import Chart, colour, label_of

WIDTH, HEIGHT = 640, 350  # px that the plane has on a desktop, about: decides where names find room
LETTER = 7.4  # px, the mean width at 14 px
# Plotly's names for where a text stands, and the way there from the point.
PLACES = {
    "top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0),
    "top right": (1, 1), "top left": (-1, 1), "bottom right": (1, -1), "bottom left": (-1, -1),
}  # fmt: skip


def label_places(points: Array, texts: Sequence[str], reach: Array) -> tuple[list[str], list[str]]:
    """Where the names of points (N, 2) stand so that none covers another: (Plotly positions, texts).

    A name that finds no free place is left out (it is still in the table and under the pointer). ``reach``
    (2,) is half the width and half the height that the picture must hold.
    """
    pixels = points * min(WIDTH / 2 / reach[0], HEIGHT / 2 / reach[1])
    taken = np.stack([pixels[:, 0] - 6, pixels[:, 0] + 6, pixels[:, 1] - 6, pixels[:, 1] + 6], axis=1)
    positions, shown = [], []
    for (x, y), text in zip(pixels.tolist(), texts, strict=True):
        half = LETTER / 2 * len(text)
        for name, (right, up) in PLACES.items():
            cx, cy = x + right * (half + (3 if up else 9)), y + up * 15
            box = np.array([cx - half, cx + half, cy - 7, cy + 7])
            apart = (taken[:, 0] >= box[1]) | (box[0] >= taken[:, 1])
            if (apart | (taken[:, 2] >= box[3]) | (box[2] >= taken[:, 3])).all():
                taken = np.vstack([taken, box])
                positions.append(name)
                shown.append(text)
                break
        else:
            positions.append("top center")
            shown.append("")
    return positions, shown


def word_map(
    maps: Sequence[Array], words: Sequence[str], groups: Mapping[str, slice], steps: Sequence[int]
) -> Chart:
    """The words at their places, checkpoint by checkpoint, on axes that stay.

    Args:
        maps: points (N, 2) or (N, 3) of every checkpoint, on the same axes.
        words: the N words.
        groups: series → which of the words have its colour.
        steps: optimiser step of every checkpoint.

    """
    reach = 1.12 * np.max([np.abs(points).max(axis=0) for points in maps], axis=0)  # (2,) or (3,)
    reach = np.maximum(reach, reach.max() / 4)  # a flat cloud still has room for its names
    solid = len(reach) == 3
    frames = []
    for points in maps:
        places, texts = label_places(points[:, :2], words, reach)
        frame = []
        for group, part in groups.items():
            x, y, *z = points[part].T.tolist()
            frame.append({
                "type": "scatter3d" if solid else "scatter", "mode": "markers+text", "hoverinfo": "text",
                "x": x, "y": y, **({"z": z[0]} if solid else {}), "name": label_of(group),
                "text": words[part] if solid else texts[part], "hovertext": words[part],
                "textposition": "top center" if solid else places[part],
                "textfont": {"color": colour(group), "size": 14},
                "marker": {"color": colour(group), "size": 5 if solid else 9},
            })  # fmt: skip
        frames.append(frame)
    axes: dict[str, Any] = {
        f"{letter}axis": {"title": {"text": Label("axis.component", k=k)}, "range": [-limit, limit]}
        for k, (letter, limit) in enumerate(zip("xyz"[: len(reach)], reach.tolist(), strict=True), start=1)
    }
    if solid:
        axes = {"scene": {**axes, "aspectmode": "data"}}
    else:
        # One unit is as long across as up, so that distances on the map are distances.
        axes["yaxis"]["scaleanchor"] = "x"
    return Chart({**axes, "height": 430}, frames, list(steps))
