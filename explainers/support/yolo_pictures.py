"""Diagrams of the detector: a scene and its boxes, the suppression step by step, a box worked out by hand."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from explainers.support.contract import Array, Label
from explainers.support.pictures import Arrow, Diagram, Grid, Walk
from explainers.support.yolo_boxes import overlap
from explainers.support.yolo_reading import BELOW, Reading, place_of
from explainers.support.yolo_scenes import CELL, GRID, SIDE

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"  # names of 49 boxes, by score
ROWS, STEPS = 10, 6  # the most boxes and steps that the suppression shows
BY_HAND = 4  # cells
QUIETER = 0.1  # a box with a lower score has no words on it: at threshold 0 they would cover the scene


def tables(names: Iterable[str], values: Array, digits: int = 4) -> dict[str, list[list[float]]]:
    """Numbers (K, 49) of the cells, one line a name, as rows of columns, short enough to travel."""
    return dict(zip(names, np.round(values.reshape(-1, GRID, GRID), digits).tolist(), strict=True))


def named(reading: Reading, cell: int) -> Label:
    """A box's name and score."""
    return Label("box", digit=reading.digits[cell], score=float(reading.scores[cell]))


def truths(reading: Reading) -> list[dict[str, Any]]:
    """Where the digits are."""
    return [{"box": box.tolist(), "series": "truth", "dashed": True} for box in reading.truth]


def scene_frame(reading: Reading) -> dict[str, Any]:
    """The scene, every cell's box (one below the threshold only while its cell is touched), all numbers."""
    boxes, edges = truths(reading), np.round(reading.boxes, 2).tolist()
    for cell in reversed(reading.ranked()):  # the highest score on top
        fate = reading.by[cell]
        box = {
            "box": edges[cell],
            "series": "kept" if fate == -1 else "suppressed",
            "cell": ["objectness", *place_of(cell)],
            "quiet": fate == BELOW,
        }
        if fate == BELOW or (fate == -1 and reading.scores[cell] >= QUIETER):
            box["label"] = named(reading, cell)
        boxes.append(box)
    low, high = reading.boxes[:, :2].T, reading.boxes[:, 2:].T  # (2, 49)
    scores = np.stack([reading.scores, reading.scores / reading.objectness])
    return {
        "scene": reading.image, "scene/boxes": boxes,
        **tables(["objectness"], reading.objectness),
        **tables((f"t_{name}" for name in "xywho"), np.moveaxis(reading.raw[..., :5], -1, 0)),
        **tables("xywh", np.concatenate([(low + high) / 2, high - low]), 1),
        **tables(["score", "sure"], scores),
        "digit": [reading.digits[row * GRID : (row + 1) * GRID] for row in range(GRID)],
    }  # fmt: skip


def hidden(name: str, digits: int = 2, sign: bool = False) -> Grid:
    """Numbers for the arithmetic alone."""
    return Grid(name, (0, 9), "hidden", digits=digits, sign=sign)


def scene_diagram(readings: Sequence[Reading]) -> Diagram:
    """The scene with its boxes; beside it how sure each cell is that a digit has its centre there."""
    last = readings[-1]
    grids = [
        Grid("scene", (0, 0), "ink", title=Label("title.scene"), narrow=(0, 0)),
        Grid("objectness", (1, 0), title=Label("title.objectness"), sign=False, still=True, narrow=(0, 1),
             arithmetic=Label("how.cell"), looks={"scene": (CELL, CELL, 0)}),
        *(hidden(f"t_{name}", sign=True) for name in "xywho"),
        *(hidden(name, 1) for name in "xywh"),
        hidden("score"), hidden("sure"), Grid("digit", (0, 9), "hidden", digits=0, sign=False),
    ]  # fmt: skip
    best = place_of(last.ranked()[0])
    return Diagram(grids, [Arrow("scene", "objectness")], [scene_frame(r) for r in readings],
                   [r.step for r in readings], 1.0, ("objectness", *best), turns=False)  # fmt: skip


def fate_of(reading: Reading, cell: int, letters: dict[int, str]) -> Label:
    """What becomes of a box, in words."""
    by = reading.by[cell]
    if by == BELOW:
        return Label("fate.below")
    return Label("fate.stays") if by < 0 else Label("fate.gone", letter=letters[by])


def suppression_diagram(readings: Sequence[Reading]) -> Diagram:
    """The boxes above the threshold; step by step the best stays, and those that overlap it too much go."""
    reading = readings[-1]
    cells = reading.above()[:ROWS]
    letters = {cell: LETTERS[i] for i, cell in enumerate(reading.ranked())}
    keepers = [cell for cell in cells if reading.by[cell] == -1][:STEPS]
    shown = cells or reading.ranked()[:3]
    names = [letters[cell] for cell in shown]
    boxes = torch.as_tensor(reading.boxes)
    grids = [
        Grid("scene", (0, 0), "ink", pixel=3, title=Label("title.boxes"), narrow=(0, 0)),
        Grid("digit", (1, 0), "plain", title=Label("title.digit"), rows=names, narrow=(0, 1)),
        Grid("score", (2, 0), title=Label("title.score"), sign=False, rows=names, narrow=(1, 1)),
    ]
    frame: dict[str, Any] = {
        "scene": reading.image,
        "digit": [[reading.digits[cell]] for cell in shown],
        "score": [[float(reading.scores[cell])] for cell in shown],
    }
    stops = []
    places: dict[int, list[list[Any]]] = {
        cell: [[name, r, 0] for name in ("digit", "score", "fate")] for r, cell in enumerate(shown)
    }
    for k, keeper in enumerate(keepers):
        # Those still there when this one is chosen: not kept before, and not suppressed by one before.
        done = keepers[:k]
        left = [cell not in (keeper, *done) and reading.by[cell] not in done for cell in shown]
        low = torch.maximum(boxes[shown, :2], boxes[keeper, :2])
        both = (torch.minimum(boxes[shown, 2:], boxes[keeper, 2:]) - low).clamp(min=0).prod(dim=1)
        areas = (boxes[..., 2:] - boxes[..., :2]).prod(dim=1)
        either = areas[shown] + areas[keeper] - both
        columns = {"iou": overlap(boxes[shown], boxes[keeper]), "both": both, "either": either}
        for name, values in columns.items():
            frame[f"{name}{k}"] = [
                [value if there else None] for value, there in zip(values.tolist(), left, strict=True)
            ]
        gone = [letters[cell] for cell in shown if reading.by[cell] == keeper]
        title = Label("title.step", letter=letters[keeper])
        grids.append(
            Grid(f"iou{k}", (3 + k, 0), title=title, step=k, sign=False, rows=names,
                 narrow=(k % 4, 2 + k // 4),
                 arithmetic=Label("how.iou", k=k, letter=letters[keeper], limit=reading.nms))
        )  # fmt: skip
        grids += [hidden(f"{name}{k}", 1) for name in ("both", "either")]
        says = Label("stop.some", letter=letters[keeper], gone=", ".join(gone))
        stops.append((f"iou{k}", says if gone else Label("stop.none", letter=letters[keeper])))
        for r, cell in enumerate(shown):
            places[cell].append([f"iou{k}", r, 0])
            places[keeper] += [[f"iou{k}", r, 0]]
    grids.append(
        Grid("fate", (3 + len(keepers), 0), "word", title=Label("title.fate"), rows=names, narrow=(2, 1))
    )
    frame["fate"] = [[fate_of(reading, cell, letters)] for cell in shown]
    frame["scene/boxes"] = [
        {
            "box": reading.boxes[cell].tolist(), "label": letters[cell], "cell": places[cell],
            "series": "kept" if reading.by[cell] == -1 else "suppressed",
            "dashed": reading.by[cell] != -1, "quiet": not cells,
        }
        for cell in reversed(shown)
    ]  # fmt: skip
    walk = Walk(Label("walk.title"), Label("walk.play"), stops) if stops else None
    # Where the first box is compared that goes: at itself the one that stays has nothing to compare.
    row = next((r for r, cell in enumerate(shown) if reading.by[cell] >= 0), min(1, len(shown) - 1))
    start = ("iou0", row, 0) if stops else ("score", 0, 0)
    return Diagram(grids, [], [frame], [reading.step], 1.0, start, walk=walk, turns=False)


def beside(name: str) -> str:
    """A name that keeps away from what stands on its left."""
    return f"\u00a0{name}"


def decoding_diagram(readings: Sequence[Reading]) -> Diagram:
    """The cells with the highest scores: from 15 raw outputs to a box, a name and a score, by hand."""
    names, digits = list(LETTERS[:BY_HAND]), [beside(str(digit)) for digit in range(10)]
    grids = [
        Grid("cell", (0, 0), "plain", span=(2, 1), title=Label("title.cell"), rows=names, narrow=(0, 0),
             columns=[Label("column"), Label("row")]),
        Grid("raw", (2, 0), span=(3, 1), title=Label("title.raw"), narrow=(0, 1),
             columns=[beside(f"t_{i}") for i in "xywho"], arithmetic=Label("how.raw")),
        Grid("share", (5, 0), span=(3, 1), title="σ(t)", columns=["x", "y", "w", "h", "o"], sign=False,
             arithmetic="σ({raw:r,c}) = 1 / ( 1 + e^−({raw:r,c}) ) = {self}", narrow=(0, 2)),
        Grid("x", (0, 1), "plain", title="x", rows=names, digits=1, columns=[""], narrow=(0, 3),
             arithmetic=f"( {{cell:r,0}} + {{share:r,0}} ) · {CELL} = {{self}}"),
        Grid("y", (1, 1), "plain", title="y", digits=1, columns=[""], narrow=(0, 4),
             arithmetic=f"( {{cell:r,1}} + {{share:r,1}} ) · {CELL} = {{self}}"),
        Grid("w", (2, 1), "plain", title="w", digits=1, columns=[""], narrow=(0, 5),
             arithmetic=f"{SIDE} · {{share:r,2}}² = {{self}}"),
        Grid("h", (3, 1), "plain", title="h", digits=1, columns=[""], narrow=(0, 6),
             arithmetic=f"{SIDE} · {{share:r,3}}² = {{self}}"),
        Grid("left", (4, 1), "plain", title="x₀", digits=1, columns=[""], narrow=(0, 7),
             arithmetic="{x:r,0} − {w:r,0} / 2 = {self}"),
        Grid("top", (5, 1), "plain", title="y₀", digits=1, columns=[""], narrow=(0, 8),
             arithmetic="{y:r,0} − {h:r,0} / 2 = {self}"),
        Grid("right", (6, 1), "plain", title="x₁", digits=1, columns=[""], narrow=(0, 9),
             arithmetic="{x:r,0} + {w:r,0} / 2 = {self}"),
        Grid("bottom", (7, 1), "plain", title="y₁", digits=1, columns=[""], narrow=(0, 10),
             arithmetic="{y:r,0} + {h:r,0} / 2 = {self}"),
        Grid("logits", (0, 2), title=Label("title.logits"), columns=digits, span=(8, 1),
             rows=names, arithmetic=Label("how.logit"), narrow=(0, 11)),
        Grid("name", (0, 3), title="softmax", columns=digits, span=(7, 1), sign=False, rows=names,
             arithmetic="e^({logits:r,c}) / {sum:r,0} = {self}", narrow=(0, 12)),
        Grid("score", (7, 3), title=Label("title.score"), sign=False, columns=[""], narrow=(0, 13),
             arithmetic=Label("how.score")),
        hidden("sum"), hidden("best"),
    ]  # fmt: skip
    # R readings at once; the four cells of each by their scores.
    cells = [reading.ranked()[:BY_HAND] for reading in readings]
    where = np.array([[place_of(cell)[::-1] for cell in four] for four in cells])  # (R, 4, 2): column, row
    raw = np.stack([r.raw[four[:, 1], four[:, 0]] for r, four in zip(readings, where, strict=True)])
    t, logits = raw[..., :5], raw[..., 5:]  # (R, 4, 5), (R, 4, 10)
    share = 1 / (1 + np.exp(-t))
    middle, size = (where + share[..., :2]) * CELL, SIDE * share[..., 2:4] ** 2  # (R, 4, 2)
    powers = np.exp(logits)
    total = powers.sum(axis=-1, keepdims=True)  # (R, 4, 1)
    chance = powers / total
    best = chance.max(axis=-1, keepdims=True)
    low, high = middle - size / 2, middle + size / 2
    edges = {"left": low[..., :1], "top": low[..., 1:], "right": high[..., :1], "bottom": high[..., 1:]}
    columns = {"x": middle[..., :1], "y": middle[..., 1:], "w": size[..., :1], "h": size[..., 1:], **edges}
    numbers = {
        "cell": where, "raw": t, "share": share, **columns, "logits": logits, "name": chance,
        "sum": total, "best": best, "score": share[..., 4:] * best,
    }  # fmt: skip
    parts = zip(*(part.tolist() for part in numbers.values()), strict=True)
    frames = [dict(zip(numbers, part, strict=True)) for part in parts]
    return Diagram(grids, [], frames, [r.step for r in readings], 4.0, ("x", 0, 0), turns=False)
