"""Pictures of two stacks of blocks, with and without shortcuts. Numbers in, picture out."""

from collections.abc import Mapping, Sequence
from math import ceil, isfinite
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import (
    Arrow,
    Chart,
    Diagram,
    Grid,
    Stage,
    end_labels,
    label_of,
    level_line,
    line,
    upward,
)
from explainers.support.powers import finite, log_axis, log_labels, power, powers

SERIES = {"skip": "skip", "plain": "plain"}
COLUMNS = 6  # blocks on the main picture, at most


def shown(n: int) -> list[int]:
    """Which of the places 0 … n stand on the main picture: evenly spaced, the last one in any case."""
    every = ceil(n / COLUMNS)
    return sorted({*range(0, n, every), n})


def ink(apart: Array) -> Array:
    """How dark a place is that is ``apart`` from the mean: 1, the spread before the first block, is half ink.

    Never quite black, so that a signal that grows stays to be seen.
    """
    return 1 - 1 / (1 + np.nan_to_num(apart))


def fewer(readings: Sequence[Any]) -> list[Any]:
    """Every second reading, and the last: maps are many numbers."""
    return [*readings[:-1:2], readings[-1]]


def flow_diagram(readings: Sequence[Any]) -> Diagram:
    """Both nets, one above the other: the digit, what is left of it after each block, the right answers."""
    readings = fewer(readings)
    last = readings[-1]
    places = shown(last.depth // 2)
    grids, arrows = [], []
    for row, net in enumerate(SERIES):
        grids.append(Grid(f"image_{net}", (0, 2 * row), "ink", title=Label("title.image", digit=last.digit),
                          pixel=4, narrow=(0, row), arithmetic=Label("how.image")))  # fmt: skip
        before = f"image_{net}"
        for column, k in enumerate(places, start=1):
            name = f"{net}{k}"
            title = Label("title.block", k=k) if k else Label("title.entry")
            where = (row, 2 * column)
            grids.append(Grid(name, (column, 2 * row), "ink", title=title, pixel=8,
                              narrow=where, arithmetic=Label("how.flow")))  # fmt: skip
            grids.append(Grid(f"{name}_left", (column, 2 * row + 1), "word", narrow=(row, 2 * column + 1)))
            arrows.append(Arrow(before, name))
            before = name
        grids.append(Grid(f"right_{net}", (len(places) + 1, 2 * row), "share", title=Label("title.right"),
                          narrow=(row, 2 * len(places) + 2), arithmetic=Label("how.right")))  # fmt: skip
        arrows.append(Arrow(before, f"right_{net}"))
    frames = []
    for reading in readings:
        frame: dict[str, Any] = {}
        for net in SERIES:
            frame[f"image_{net}"] = last.image
            left = reading.along("signal", net)
            for k, map_ in zip(places, ink(reading.flows[net][places]), strict=True):
                frame[f"{net}{k}"] = map_
                frame[f"{net}{k}_left"] = [[power(left[k])]]
            frame[f"right_{net}"] = [[reading.numbers[f"accuracy_{net}"]]]
        frames.append(frame)
    stages = [Stage(2 * row, Label(f"stage.{net}")) for row, net in enumerate(SERIES)]
    stages += [Stage(2 * row + 1, Label("stage.left")) for row in range(2)]
    start = (f"skip{places[1]}", 3, 3)
    return Diagram(grids, arrows, frames, [r.step for r in readings], 1.0, start, stages)


def signal_chart(readings: Sequence[Any]) -> Chart:
    """How far apart the digits still are after each block, on an axis of powers of ten."""
    return place_lines(readings, "signal", 0, "axis.block")


def gradient_chart(readings: Sequence[Any]) -> Chart:
    """The norm of the gradient at each convolution's weights, on an axis of powers of ten."""
    return place_lines(readings, "gradient", 1, "axis.convolution")


def added_chart(readings: Sequence[Any]) -> Chart:
    """The size of F(x) as part of that of x, block by block, in the net with shortcuts."""
    every = [reading.along("added", "skip") for reading in readings]
    bounds = powers([v for row in every for v in row], -2, 0)
    x = list(range(1, len(every[-1]) + 1))
    style = {"mode": "lines+markers", "marker": {"size": 7}}
    frames = []
    for row in every:
        ends = {"skip": (row[-1], Label("end.name", series=label_of("skip")))}
        labels = log_labels(len(x) * 1.01, ends, *bounds, "right")
        frames.append([line(x, finite(row), "skip", **style), *labels])
    layout = {
        "xaxis": {"title": {"text": Label("axis.block_one")}, "range": [0.8, len(x) * 1.01],
                  "dtick": max(1, ceil(len(x) / 8))},
        "yaxis": log_axis(*bounds, 5, title={"text": Label("axis.added")}),
        "margin": {"r": 130},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])


def place_lines(readings: Sequence[Any], key: str, first: int, axis: str) -> Chart:
    """A number of every place in both nets; places are counted from ``first``."""
    every = [{name: r.along(key, net) for net, name in SERIES.items()} for r in readings]
    bounds = powers([v for one in every for row in one.values() for v in row], -2, 0)
    end = first + len(every[-1]["skip"]) - 1
    frames = []
    for one in every:
        style = {"mode": "lines+markers", "marker": {"size": 7}}
        x = list(range(first, end + 1))
        traces = [line(x, finite(row), name, **style) for name, row in one.items()]
        ends = {name: (row[-1], Label("end.name", series=label_of(name))) for name, row in one.items()}
        frames.append([*traces, *log_labels(end * 1.01, ends, *bounds, "right")])
    layout = {
        "xaxis": {"title": {"text": Label(axis)}, "range": [first - 0.2, end * 1.01],
                  "dtick": max(1, ceil((end - first) / 8))},
        "yaxis": log_axis(*bounds, 5, title={"text": Label(f"axis.{key}")}),
        "margin": {"r": 130},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])


def lesion_chart(readings: Sequence[Any]) -> Chart:
    """Right answers without each block, beside those of the whole nets; known once the training is over."""
    last = readings[-1]
    n = last.depth // 2
    if last.step < last.of:
        return Chart({**lesion_axes(n), "meta": {}}, [[]], [last.step])
    traces, ends = [], {}
    for net, name in SERIES.items():
        whole = last.numbers[f"accuracy_{net}"]
        right = [whole - cost for cost in last.costs(net)]
        sizes = [15 if k == last.block else 8 for k in range(1, n + 1)]
        traces.append(line(list(range(1, n + 1)), right, name, mode="lines+markers",
                           marker={"size": sizes, "opacity": 1}, cliponaxis=False))  # fmt: skip
        traces.append(
            {**level_line((0.5, n + 0.5), whole, name), "name": Label("whole", series=label_of(name))}
        )
        ends[name] = right[-1]
    labels = end_labels(n + 0.5, ends, (0, 1), "axis.accuracy")
    for trace, name in zip(labels, ends, strict=True):
        trace["text"] = [Label("end.name", series=label_of(name))]
    return Chart(lesion_axes(n), [[*traces, *labels]], [last.step])


def lesion_axes(n: int) -> dict[str, Any]:
    """The block that is missing from left to right, the right answers upwards."""
    return {
        "xaxis": {"title": {"text": Label("axis.missing")}, "range": [0.5, n + 0.5], "dtick": 1},
        "yaxis": upward("axis.accuracy", (0, 1)),
        "margin": {"r": 130},
    }


def block_diagram(readings: Sequence[Any]) -> Diagram:
    """What the second convolution reads, its kernels, what each map adds, and the shortcut."""
    readings = fewer(readings)
    last = readings[-1]
    C = len(last.hand.kernels)
    grids: list[Grid] = []
    for i in range(C):
        at = (i % 4, 3 * (i // 4))
        products = " + ".join(
            f"{{kernel{i}:{a},{b}}}·{{read{i}:r{a - 1:+d},c{b - 1:+d}}}" for a in range(3) for b in range(3)
        )
        grids += [
            Grid(f"read{i}", at, "map", title=Label("title.read", i=i + 1), pixel=8, narrow=(0, 3 * i),
                 arithmetic=Label("how.read", i=i + 1)),
            Grid(f"kernel{i}", (at[0], at[1] + 1), "map", pixel=12, scale=1.0, title="K", narrow=(1, 3 * i)),
            Grid(f"part{i}", (at[0], at[1] + 2), "map", title=Label("title.part", i=i + 1), pixel=8,
                 narrow=(2, 3 * i), arithmetic=f"{products} = {{self}}", looks={f"read{i}": (1, 3, -1)}),
        ]  # fmt: skip
    sums = " + ".join(f"{{part{i}:r,c}}" for i in range(C)) + " + {bias:0,0} = {self}"
    looks = {f"read{i}": (1, 3, -1) for i in range(C)}
    row = 3 * C + 1
    grids += [
        Grid("bias", (0, 0), "hidden"),
        Grid("skip", (0, 0), "hidden"),
        Grid("F", (4, 0), "map", title="F(x)", pixel=15, span=(1, 2), narrow=(0, row),
             arithmetic=sums, looks=looks),
        Grid("x", (4, 2), "map", title=Label("title.x"), pixel=15, span=(1, 2),
             narrow=(1, row), arithmetic=Label("how.x")),
        Grid("y", (4, 4), "map", title=Label("title.y", channel=last.channel), pixel=15, span=(1, 2),
             narrow=(2, row), arithmetic="{skip:0,0} · ({x:r,c}) + ({F:r,c}) = {self}",
             looks={"x": (1, 1, 0), "F": (1, 1, 0)}),
    ]  # fmt: skip
    frames = [hand_frame(reading) for reading in readings]
    sizes = [float(np.abs(frames[-1][name]).max()) for name in ("F", "x", "y")]
    scale = max(1e-6, *(value for value in sizes if isfinite(value)))
    return Diagram(grids, [], frames, [r.step for r in readings], scale, ("y", *last.hand.spot), turns=False)


def hand_frame(reading: Any) -> Mapping[str, Any]:
    """The numbers of the block worked out at one step."""
    hand = reading.hand
    frame: dict[str, Any] = {"bias": [[hand.bias]], "skip": [[reading.numbers["skip"]]]}
    for i in range(len(hand.kernels)):
        frame |= {f"read{i}": hand.read[i], f"kernel{i}": hand.kernels[i], f"part{i}": hand.parts[i]}
    frame |= {"F": hand.F, "x": hand.x, "y": hand.y}
    return frame
