"""Words as points on the plane, or in the space, in which they differ most."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import Chart, colour, label_of

LETTER = 0.53  # of their size, the mean width of letters


class Plane(NamedTuple):
    """How much room names have, and how large they are: in pixels."""

    width: int
    height: int
    size: int


WIDE, NARROW = Plane(640, 350, 14), Plane(230, 230, 12)  # about what a desktop and a phone have
# Plotly's names for where a text stands, and the way there from the point.
PLACES = {
    "top center": (0, 1), "bottom center": (0, -1), "middle right": (1, 0), "middle left": (-1, 0),
    "top right": (1, 1), "top left": (-1, 1), "bottom right": (1, -1), "bottom left": (-1, -1),
}  # fmt: skip


def label_places(
    points: Array, texts: Sequence[str], reach: Array, order: Sequence[int], plane: Plane
) -> tuple[Array, Array]:
    """Where the names of points (F, N, 2) stand so that in each of F frames none covers another.

    Returns Plotly positions (F, N) and the texts (F, N). The names choose in this ``order`` (N,); one that
    finds no free place is left out (it is still in the table and under the pointer). ``reach`` (2,) is half
    the width and half the height that the ``plane`` must hold.
    """
    pixels = points * min(plane.width / 2 / reach[0], plane.height / 2 / reach[1])  # (F, N, 2)
    frames, count = pixels.shape[:2]
    # Boxes as (left, right, low, high): those of the points, then those of the names in their order; of one
    # that has no place it is not-a-number, which overlaps nothing.
    taken = np.full((frames, count + len(order), 4), np.nan)
    taken[:, :count] = pixels[:, :, [0, 0, 1, 1]] + np.array([-6, 6, -6, 6])
    ways = np.array(list(PLACES.values()))  # (8, 2)
    names = np.array(list(PLACES))
    positions, shown = (
        np.full((frames, count), names[0], names.dtype),
        np.full((frames, count), "", dtype=object),
    )
    for upto, word in enumerate(order, start=count):
        half = LETTER * plane.size / 2 * len(texts[word])
        shift = ways * np.stack([half + np.where(ways[:, 1], 3, 9), np.full(len(ways), 15)], axis=1)  # (8, 2)
        middle = pixels[:, word, None] + shift  # (F, 8, 2)
        boxes = middle[:, :, [0, 0, 1, 1]] + np.array([-half, half, -7, 7])  # (F, 8, 4)
        mine, others = boxes[:, :, None], taken[:, None, :upto]  # (F, 8, 1, 4), (F, 1, N + …, 4)
        crossing = (others[..., 0] < mine[..., 1]) & (mine[..., 0] < others[..., 1])
        crossing &= (others[..., 2] < mine[..., 3]) & (mine[..., 2] < others[..., 3])
        free = ~crossing.any(axis=2) & (abs(middle[..., 0]) + half < plane.width / 2)  # (F, 8)
        place, found = free.argmax(axis=1), free.any(axis=1)
        positions[found, word] = names[place[found]]
        shown[found, word] = texts[word]
        taken[found, upto] = boxes[found, place[found]]
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
    # The first of each group choose before the second.
    ranks = {word: rank for part in groups.values() for rank, word in enumerate(range(len(words))[part])}
    order = sorted(ranks, key=ranks.__getitem__)
    everywhere = [
        each.tolist()
        for plane in (WIDE, NARROW)
        for each in label_places(np.stack(maps)[:, :, :2], words, reach, order, plane)
    ]
    for points, places, texts, close_places, close_texts in zip(maps, *everywhere, strict=True):
        frame = []
        for group, part in groups.items():
            x, y, *z = points[part].T.tolist()
            frame.append({
                "type": "scatter3d" if solid else "scatter", "mode": "markers+text", "hoverinfo": "text",
                "x": x, "y": y, **({"z": z[0]} if solid else {}), "name": label_of(group),
                "text": words[part] if solid else texts[part], "hovertext": words[part],
                "textposition": "top center" if solid else places[part],
                "textfont": {"color": colour(group), "size": WIDE.size},
                "marker": {"color": colour(group), "size": 5 if solid else 9},
            })  # fmt: skip
            if not solid:
                close = {"text": close_texts[part], "textposition": close_places[part]}
                frame[-1]["meta"] = {"narrow": {**close, "textfont": {"size": NARROW.size}}}
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
        axes["meta"] = {"narrow": {"height": 320}}
    return Chart({**axes, "height": 430}, frames, list(steps), stands_for=tuple(reach.tolist()))
