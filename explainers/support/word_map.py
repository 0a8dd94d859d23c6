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
    points: Array, texts: Sequence[str], reach: Array, order: Sequence[int], planes: Sequence[Plane]
) -> tuple[Array, Array]:
    """Where the names of points (F, N, 2) stand so that on each of P planes and F frames none covers another.

    Returns Plotly positions (P, F, N) and the texts (P, F, N). The names choose in this ``order`` (N,); one
    that finds no free place is left out (it is still in the table and under the pointer). ``reach`` (2,) is
    half the width and half the height that every plane must hold.
    """
    frames, count = points.shape[:2]
    all_frames, W = len(planes) * frames, len(PLACES)
    scale = [min(plane.width / 2 / reach[0], plane.height / 2 / reach[1]) for plane in planes]
    # Single precision is plenty for pixels, and half the work.
    pixels = np.multiply.outer(scale, points).reshape(all_frames, count, 2).astype(np.float32)
    # A column for each way on each frame of each plane, so that all choose at once: (N, P · F · 8).
    X, Y = (np.repeat(pixels[..., k].T, W, axis=1) for k in (0, 1))
    ways = np.array(list(PLACES.values()), np.float32)
    right, up = np.tile(ways.T, all_frames)
    apart = np.where(up, np.float32(3), np.float32(9))
    sizes = np.array([(LETTER * plane.size / 2, plane.width / 2) for plane in planes], np.float32)
    letter, edge = np.repeat(sizes.T, frames * W, axis=1)
    # Left, right, low and high ends of boxes: those of the points, then those of the names in their order; of
    # one that has no place they are not-a-number, which overlaps nothing.
    taken = np.full((4, count + len(order), all_frames * W), np.nan, np.float32)
    taken[:, :count] = X - 6, X + 6, Y - 6, Y + 6
    chosen = np.full((count, all_frames), -1)  # which way each name goes, −1: nowhere
    first = np.arange(all_frames) * W  # the columns of each frame begin here
    for upto, word in enumerate(order, start=count):
        half = letter * len(texts[word])
        x, y = X[word] + right * (half + apart), Y[word] + up * 15
        left, right_end, low, high = taken[:, :upto]
        crossing = left < x + half
        crossing &= x - half < right_end
        crossing &= low < y + 7
        crossing &= y - 7 < high
        free = (~crossing.any(axis=0) & (abs(x) + half < edge)).reshape(all_frames, W)
        place, found = free.argmax(axis=1), free.any(axis=1)
        chosen[word] = np.where(found, place, -1)
        there = first + place
        x, y, half = np.where(found, x[there], np.nan), y[there], half[there]
        for end, value in zip(taken, (x - half, x + half, y - 7, y + 7), strict=True):
            end[upto].reshape(all_frames, W)[:] = value[:, None]
    positions = np.array(list(PLACES))[np.maximum(chosen, 0)]
    shown = np.where(chosen < 0, "", np.array(texts, dtype=object)[:, None])
    shape = (len(planes), frames, count)
    return positions.T.reshape(shape), shown.T.reshape(shape)


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
    # The first of each group choose before the second.
    ranks = {word: rank for part in groups.values() for rank, word in enumerate(range(len(words))[part])}
    order = sorted(ranks, key=ranks.__getitem__)
    everywhere = label_places(np.stack(maps)[:, :, :2], words, reach, order, (WIDE, NARROW))
    (places, close_places), (texts, close_texts) = (part.tolist() for part in everywhere)
    same = {
        group: {
            "type": "scatter3d" if solid else "scatter", "mode": "markers+text", "hoverinfo": "text",
            "name": label_of(group), "hovertext": words[part],
            "textfont": {"color": colour(group), "size": WIDE.size},
            "marker": {"color": colour(group), "size": 5 if solid else 9},
        }
        for group, part in groups.items()
    }  # fmt: skip
    frames = []
    for i, points in enumerate(maps):
        frame = []
        for group, part in groups.items():
            trace = {**same[group], **dict(zip("xyz", points[part].T.tolist(), strict=False))}
            if solid:
                trace |= {"text": words[part], "textposition": "top center"}
            else:
                close = {"text": close_texts[i][part], "textposition": close_places[i][part]}
                trace |= {"text": texts[i][part], "textposition": places[i][part]}
                trace["meta"] = {"narrow": {**close, "textfont": {"size": NARROW.size}}}
            frame.append(trace)
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
