"""Which sentences are true of the detector: about the shown scene, the test scenes, one cell, and sizes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from explainers.support.contract import Say
from explainers.support.yolo_boxes import overlap
from explainers.support.yolo_reading import Reading, by_size, place_of
from explainers.support.yolo_scenes import CELL, SEEN, SIZES

HARDLY = 0.1  # a share below this is "hardly ever"


def sentences(reading: Reading, numbers: Mapping[str, float]) -> list[Say]:
    """All that is said of a reading, in order; ``numbers`` are those of its headline."""
    shared = {**numbers, "confidence": reading.confidence, "nms": reading.nms}
    said = [about_scene(reading, shared)]
    if reading.kind == "large":
        said.append(about_large(reading))
    if reading.kind in ("same_cell", "two_cells"):
        said.append(Say(f"{reading.kind}_{len(reading.boxed)}", places(reading)))
    test = reading.on_all("test")
    if reading.confidence == 0:
        said.append(Say("zero", {**shared, "missed": 1 - numbers["recall"]}))
    else:
        said.append(Say("tested", shared))
    if numbers["boxes_before"] == numbers["boxes_after"]:
        said.append(Say("no_repeats", shared))
    else:
        share = test.repeats(reading.confidence)
        said.append(Say("repeats" if share < 0.995 else "repeats_all", {**shared, "share": share}))
    return [*said, about_pairs(reading), about_sizes(reading)]


def about_scene(reading: Reading, shared: Mapping[str, Any]) -> Say:
    """What became of the 49 boxes of the shown scene."""
    above, stay = len(reading.above()), len(reading.stay())
    found, truth = len(reading.found), len(reading.labels)
    key = "none" if not above else "all" if found == truth == stay else "some"
    values = {"above": above, "stay": stay, "gone": above - stay, "found": found, "truth": truth}
    return Say(f"scene_{key}", {**shared, **values})


def places(reading: Reading) -> dict[str, Any]:
    """The names of a pair, and row and column (from 1) of the cells of their centres."""
    cells = ((reading.truth[:, :2] + reading.truth[:, 2:]) / 2 // CELL).astype(int) + 1  # (2, 2): column, row
    return {
        "left": reading.labels[0], "right": reading.labels[1], "row": int(cells[0, 1]),
        "column": int(cells[0, 0]), "next": int(cells[1, 0]),
    }  # fmt: skip


def about_large(reading: Reading) -> Say:
    """A digit larger than any seen: how much of it the best of all boxes covers."""
    each = overlap(torch.as_tensor(reading.boxes), torch.as_tensor(reading.truth).double())
    size = float((reading.truth[0, 2:] - reading.truth[0, :2]).max())
    values = {"size": size, "seen": SEEN[1], "digit": reading.labels[0], "iou": float(each.max())}
    values["stay"] = len(reading.stay())
    return Say("large_found" if reading.found else "large_missed", values)


def about_pairs(reading: Reading) -> Say:
    """Is it the cell that they share, or that they are close? A box that fits counts, whatever its name."""
    counts = {
        kind: reading.on_all(kind, named=False).counts(reading.confidence)
        for kind in ("same_cell", "two_cells")
    }
    shares = {kind: np.array(count) / sum(count) for kind, count in counts.items()}
    same, two = (float(shares[kind][2]) for kind in ("same_cell", "two_cells"))
    if same < HARDLY:
        key = "pairs_cell" if two >= same + 2 * HARDLY else "pairs_close"
    else:
        key = "pairs_less" if two >= same + HARDLY else "pairs_both"
    values = {"same": same, "two": two, "n": sum(counts["same_cell"]), "one": float(shares["same_cell"][1]),
              "none": float(shares["same_cell"][0])}  # fmt: skip
    return Say(key, values)


def about_sizes(reading: Reading) -> Say:
    """Which sizes are found: those of the training, and larger ones."""
    found = dict(zip(SIZES, by_size(reading.on_all("sizes"), reading.confidence), strict=True))
    seen = float(np.mean([share for size, share in found.items() if SEEN[0] <= size <= SEEN[1]]))
    beyond = float(np.mean([share for size, share in found.items() if size >= 1.5 * SEEN[1]]))
    key = "sizes_fail" if beyond < seen / 2 else "sizes_hold"
    return Say(key, {"seen": seen, "beyond": beyond, "low": SEEN[0], "high": SEEN[1], "large": 1.5 * SEEN[1]})


def formula_of(reading: Reading) -> dict[str, float]:
    """The numbers that make the box with the highest score."""
    best = reading.ranked()[0]
    row, column = place_of(best)
    raw = reading.raw[row, column]
    x0, y0, x1, y1 = reading.boxes[best].tolist()
    return {
        "column": column, "row": row, "tx": float(raw[0]), "ty": float(raw[1]), "tw": float(raw[2]),
        "th": float(raw[3]), "to": float(raw[4]), "x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "w": x1 - x0,
        "h": y1 - y0, "sure": float(reading.scores[best] / reading.objectness[best]),
        "score": float(reading.scores[best]), "digit": reading.digits[best],
    }  # fmt: skip
