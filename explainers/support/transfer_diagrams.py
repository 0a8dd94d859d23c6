"""Diagrams of the nets of the page on transfer: the head's sum, the filters, the layers. Numbers in."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import Arrow, Diagram, Grid, Stage, label_of, low
from explainers.support.transfer_data import GROUPS
from explainers.support.transfer_learning import KINDS, classes_of
from explainers.support.transfer_nets import LAYERS
from explainers.support.transfer_reading import Reading, layer_counts

ON_NARROW = 3  # filters on a narrow screen
TERMS = 8  # features of the worked sum that are drawn one by one


def column(values: Sequence[Any]) -> list[list[Any]]:
    """Cells one under the other."""
    return [[value] for value in values]


def shown_features(reading: Reading) -> Array:
    """The features that weigh most in this digit's logits, in their order in the net: (TERMS,)."""
    weight = np.abs(reading.head * reading.features).max(axis=0)  # (32,)
    return np.sort(np.argsort(-weight, kind="stable")[:TERMS])


def head_cells(reading: Reading, shown: Array) -> dict[str, Any]:
    """The frozen net's logits of the digit, taken apart into the terms of ``shown`` and the rest."""
    terms = reading.head * reading.features  # (C, 32)
    logits = reading.logits
    shares = np.exp(logits - logits.max())
    return {
        "features": column(reading.features[shown].tolist()),
        "weights": reading.head[:, shown].T.tolist(),
        "terms": terms[:, shown].T.tolist(),
        "rest": [(terms.sum(axis=1) - terms[:, shown].sum(axis=1)).tolist()],
        "bias": [reading.bias.tolist()],
        "logit": [logits.tolist()],
        "share": [(shares / shares.sum()).tolist()],
    }


def head_diagram(readings: Sequence[Reading]) -> Diagram:
    """Every logit of the frozen net as a sum: feature times weight, eight of 32 one by one."""
    last = readings[-1]
    shown = shown_features(last)
    digits = [Label("digit", digit=d) for d in GROUPS[last.target]]
    added = " + ".join(f"({{terms:{i},c}})" for i in range(TERMS))
    others = len(last.features) - TERMS
    names = [beside(f"f{low(int(k) + 1)}") for k in shown]
    grids = [
        Grid("features", (0, 0), title=Label("title.features"), columns=[""],
             arithmetic=Label("how.feature")),
        Grid("terms", (1, 0), title=Label("title.terms"), rows=names, columns=digits,
             arithmetic="{features:r,0} · ({weights:r,c}) = {self}"),
        Grid("rest", (1, 1), rows=[beside(f"Σ{low(others)}")],
             arithmetic=Label("how.rest", n=others)),
        Grid("bias", (1, 2), rows=[beside("b")], arithmetic=Label("how.bias")),
        Grid("logit", (1, 3), rows=[beside("z")],
             arithmetic=f"{added} + ({{rest:0,c}}) + ({{bias:0,c}}) = {{self}}"),
        Grid("share", (1, 4), "plain", rows=[beside("p")], arithmetic=Label("how.share")),
        Grid("weights", (0, 0), "hidden"),
    ]  # fmt: skip
    frames = [head_cells(reading, shown) for reading in readings]
    scale = max(1.0, float(np.abs(frames[-1]["terms"]).max()))
    c = int(last.logits.argmax())
    return Diagram(grids, [Arrow("features", "terms", "W")], frames, [r.step for r in readings], scale,
                   ("logit", 0, c), turns=False)  # fmt: skip


def beside(name: str) -> str:
    """A name as wide as the widest, so that blocks stand exactly one under the other."""
    return name.rjust(3, "\u00a0")


def filters_diagram(readings: Sequence[Reading]) -> Diagram:
    """The six filters of the first convolution in each net, and what the base's make of the digit."""
    last = readings[-1]
    rows = ("frozen", "tuned", "scratch")
    narrow = lambda i, row: (i, row) if i < ON_NARROW else (-1, -1)  # noqa: E731
    full = float(max(np.abs(reading.filters[kind]).max() for reading in readings for kind in rows))
    grids = [
        Grid("digit", (0, 0), "ink", Label("digit", digit=last.label), pixel=6, narrow=(0, 0)),
    ]
    for row, kind in enumerate(rows, start=1):
        grids += [
            Grid(f"{kind}{i}", (1 + i, row), "map", pixel=12, scale=full, narrow=narrow(i, row + 1),
                 arithmetic=Label("how.filter"))
            for i in range(len(last.filters[kind]))
        ]  # fmt: skip
    grids += [
        Grid(f"map{i}", (1 + i, 0), "map", pixel=6, scale=float(last.maps[0].max()) or 1.0,
             looks={"digit": (1, 5, 0)}, narrow=narrow(i, 1), arithmetic=Label("how.map"))
        for i in range(len(last.maps[0]))
    ]  # fmt: skip
    # The base and the digit are the same at every step: the same arrays, so that they travel once.
    still: dict[str, Any] = {"digit": last.image}
    still |= {f"map{i}": map_ for i, map_ in enumerate(last.maps[0])}
    still |= {f"frozen{i}": filter_ for i, filter_ in enumerate(last.filters["frozen"])}
    frames = [
        still | {
            f"{kind}{i}": filter_
            for kind in rows[1:]
            for i, filter_ in enumerate(reading.filters[kind])
        }
        for reading in readings
    ]  # fmt: skip
    stages = [Stage(0, Label("row.maps")), *(Stage(row, label_of(k)) for row, k in enumerate(rows, start=1))]
    return Diagram(grids, [], frames, [r.step for r in readings], full, ("map0", 4, 4), stages, turns=False)


def layers_diagram(readings: Sequence[Reading]) -> Diagram:
    """Layer by layer: how many numbers, which of them have a gradient, and how far they have moved."""
    last = readings[-1]
    counts = layer_counts(classes_of(last.target))
    kinds = [label_of(kind) for kind in KINDS]
    rows = [Label(f"layer.{name}") for name in LAYERS]
    grids = [
        Grid("count", (0, 0), "plain", Label("title.count"), rows=rows, digits=0, columns=[""], narrow=(0, 0),
             arithmetic=Label("how.count")),
        Grid("learns", (1, 0), "word", Label("title.learns"), rows=rows, columns=kinds, narrow=(0, 1),
             arithmetic=Label("how.learns")),
        Grid("moved", (2, 0), "plain", Label("title.moved"), rows=rows, columns=kinds, narrow=(0, 2),
             arithmetic=Label("how.moved")),
    ]  # fmt: skip
    frames = []
    for reading in readings:
        numbers = reading.numbers
        learns = [[numbers[f"learns_{kind}_{layer}"] for kind in KINDS] for layer in LAYERS]
        moved = [[numbers[f"moved_{kind}_{reading.size}_{layer}"] for kind in KINDS] for layer in LAYERS]
        words = [[Label("yes") if each else Label("no") for each in row] for row in learns]
        frames.append({"count": column(list(counts.values())), "learns": words, "moved": moved})
    return Diagram(grids, [], frames, [r.step for r in readings], turns=False)
