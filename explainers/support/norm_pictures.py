"""Pictures of signals on their way through a deep net. Numbers in, picture out."""

from collections.abc import Mapping, Sequence
from math import isfinite, log10
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.digits import CLASSES
from explainers.support.norm_reading import BINS, REACH, TRAINS, Reading, dead_layer, trained_rates
from explainers.support.pictures import (
    Arrow,
    Chart,
    Diagram,
    Grid,
    colour,
    curves,
    end_labels,
    label_of,
    level_line,
    line,
    upward,
)
from explainers.support.powers import finite, log_axis, log_labels, power, powers, size

SERIES = {"without": "plain", "with": "normalised"}
HILL = 0.82  # of a row's height, the highest bar of a histogram
RIGHT = 5.6  # on the axis of the histograms, where the numbers end
# Along a histogram: its left end, the middles of its bins, its right end, and a gap.
ALONG = np.array([-REACH, *np.linspace(-REACH, REACH, 2 * BINS + 1)[1::2], REACH, np.nan])


def hill(histograms: Array, rows: Sequence[int]) -> tuple[Array, Array]:
    """Histograms (L, BINS) as closed shapes, one under the other: layer i stands on y = −i.

    Each is followed by a gap, which is no number.
    """
    found, i = histograms[rows], np.array(rows, histograms.dtype)[:, None]  # (R, BINS), (R, 1)
    heights = HILL * found / np.maximum(found.max(axis=1, keepdims=True), 1e-9)
    y = np.full((len(rows), len(ALONG)), np.nan)
    y[:, 1:-2] = np.round(heights - i - 1, 3)
    y[:, [0, -2]] = -i - 1
    return np.tile(ALONG, len(rows)), y.ravel()


def part_label(part: float) -> Label | str:
    """A part of the signal: 15%, 0.28%, and below a hundredth of a percent 3·10⁻⁵."""
    return Label("part.0" if part >= 0.01 else "part.2", part=part) if part >= 1e-4 else size(part)


def panel(reading: Reading, net: str, axis: str) -> list[dict[str, Any]]:
    """One net: a pale hill per layer for all units, a dark one for one unit, what is left of the signal."""
    series, alive = SERIES[net], reading.signals[net].tolist()
    depth, dies = len(alive), dead_layer(alive)
    refused = bool(reading.refused) and net == "with"
    rows = [] if refused else list(range(depth))
    common = {"type": "scatter", "xaxis": axis, "cliponaxis": False, "hoverinfo": "skip", "showlegend": False}
    traces: list[dict[str, Any]] = []
    for histograms, opacity, what in (
        (reading.hills[net], 0.22, "hill"),
        (reading.needles[net], 0.95, "needle"),
    ):
        x, y = hill(histograms, rows)
        traces.append({
            **common, "mode": "lines", "x": x, "y": y, "fill": "toself", "opacity": opacity,
            "fillcolor": colour(series), "line": {"color": colour(series), "width": 1, "shape": "hvh"},
            "meta": {"table": []},
            "name": Label(f"name.{what}", net=label_of(series)),
        })  # fmt: skip
    words = [
        Label("row.dies", part=part_label(part)) if i == dies else part_label(part)
        for i, part in enumerate(alive, start=1)
    ]
    by_class = net == "with" and (reading.mode, reading.order) == ("train", "sorted")
    right = reading.numbers["accuracy_sorted" if by_class and not refused else f"accuracy_{net}"]
    head = Label("head.refused" if refused else "head", net=label_of(series), accuracy=right)
    places: list[Any] = [([0.0], [0.02], [head], "top center", 15, series, [])]
    if rows:
        texts, told = [words[i] for i in rows], [[label_of(series), i + 1, alive[i]] for i in rows]
        places.append(([RIGHT] * depth, [-i - 0.5 for i in rows], texts, "middle left", 13, "followed", told))
        places.append(([RIGHT], [0.02], [Label("head.left")], "top left", 13, "followed", []))
    for x_at, y_at, text, where, letters, name, table in places:
        traces.append({
            **common, "mode": "text", "x": x_at, "y": y_at, "text": text, "textposition": where,
            "textfont": {"color": colour(name), "size": letters},
            "name": Label("name.signal", net=label_of(series)),
            "meta": {"table": table, "wide": where == "top left"},
        })  # fmt: skip
    return traces


def hills_chart(readings: Sequence[Reading]) -> Chart:
    """What goes into every layer's activation, without batch norm on the left, with it on the right."""
    depth = len(readings[-1].hills["with"])
    frames = [[*panel(r, "without", "x"), *panel(r, "with", "x2")] for r in readings]
    across: dict[str, Any] = {
        "range": [-REACH, RIGHT], "title": {"text": Label("axis.into")}, "tickvals": [-3, 0, 3],
        "zeroline": True, "showgrid": False,
    }  # fmt: skip
    layout = {
        "height": 430, "margin": {"t": 6, "b": 44, "r": 8},
        "meta": {"table": ["", Label("axis.layer"), Label("axis.signal")]},
        "xaxis": {**across, "domain": [0, 0.485]}, "xaxis2": {**across, "domain": [0.515, 1]},
        "yaxis": {"range": [-depth - 0.05, 0.12 * depth], "tickvals": [-i - 0.75 for i in range(depth)],
                  "ticktext": [str(i + 1) for i in range(depth)], "title": {"text": Label("axis.layer")},
                  "showgrid": False, "zeroline": False},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])


def layer_lines(readings: Sequence[Reading], key: str, level: tuple[str, float] | None) -> Chart:
    """A number of every layer, ``signal`` or ``gradient``, on an axis of powers of ten.

    ``level``: a label and a height for a dotted line. A net that torch refused to train has no line.
    """
    nets = [net for net in SERIES if net == "without" or not readings[-1].refused]
    every = [
        {net: r.signals[net].tolist() if key == "signal" else r.along(key, net) for net in nets}
        for r in readings
    ]
    bounds = powers([v for one in every for row in one.values() for v in row], -2, 0)
    depth = len(every[-1]["without"])
    frames = []
    for one in every:
        x = list(range(1, depth + 1))
        style = {"mode": "lines+markers", "marker": {"size": 8}}
        traces = [line(x, finite(row), SERIES[net], **style) for net, row in one.items()]
        ends = {
            SERIES[net]: (row[-1], Label(f"end.{key}", series=label_of(SERIES[net]), part=power(row[-1])))
            for net, row in one.items()
        }
        if level:
            traces.append(level_line((1, depth), level[1], "chance"))
            ends["chance"] = level[1], Label(level[0])
        frames.append([*traces, *log_labels(depth + 0.1, ends, *bounds, "right")])
    layout = {
        "xaxis": {"title": {"text": Label("axis.layer")}, "range": [0.8, depth + 0.1], "dtick": 1},
        "yaxis": log_axis(*bounds, 5, title={"text": Label(f"axis.{key}")}),
        "margin": {"r": 150},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def mode_curves(readings: Sequence[Reading]) -> Chart:
    """Accuracies over the training: eval mode, train mode, batches of one class, and without batch norm."""
    series = {"accuracy_with": "normalised", "accuracy_without": "plain"}
    if "accuracy_batch" in readings[-1].numbers:
        series |= {"accuracy_batch": "within", "accuracy_sorted": "across"}
    return curves(readings, series, "axis.accuracy", (0.0, 1.0), ("chance", 1 / CLASSES))


def rate_axes(last: float) -> dict[str, Any]:
    """Learning rates from left to right, accuracies upwards."""
    marks = (0.01, 0.1, 1.0, 10.0)
    return {
        "xaxis": {"title": {"text": Label("axis.rate")}, "type": "log", "range": [-2.1, log10(last) + 0.05],
                  "tickvals": marks, "ticktext": [Label("rate", rate=rate) for rate in marks]},
        "yaxis": upward("axis.accuracy", (0, 1)),
        "margin": {"r": 140},
    }  # fmt: skip


def named(rates: Sequence[float], ends: Mapping[str, float]) -> list[dict[str, Any]]:
    """The series' names at their ends, without a value: it is the one at the largest rate."""
    labels = end_labels(rates[-1] * 10**0.05, {**ends, "chance": TRAINS}, (0, 1), "axis.accuracy")
    for trace, name in zip(labels, [*ends, "chance"], strict=True):
        trace["text"] = [Label("end.name", series=label_of(name) if name in ends else Label("trains"))]
    return labels


def rate_chart(readings: Sequence[Reading]) -> Chart:
    """The accuracy at every learning rate, this seed; the rate that the other pictures show is larger."""
    frames = []
    rates = list(trained_rates(readings[-1].numbers, "with"))
    for reading in readings:
        traces, ends = [], {}
        for net, name in SERIES.items():
            row = list(trained_rates(reading.numbers, net).values())
            chosen = [abs(rate - reading.numbers["rate"]) < 1e-9 for rate in rates]
            marker = {"size": [16 if one else 8 for one in chosen], "opacity": 1}
            traces.append(line(rates, row, name, mode="lines+markers", marker=marker))
            ends[name] = row[-1]
        traces.append(level_line((rates[0], rates[-1]), TRAINS, "chance"))
        frames.append([*traces, *named(rates, ends)])
    return Chart(rate_axes(rates[-1]), frames, [reading.step for reading in readings])


def seeds_chart(readings: Sequence[Reading]) -> Chart:
    """The accuracy at every learning rate: each seed a thin line, their median a thick one."""
    traces, ends = [], {}
    rates = list(trained_rates(readings[-1].numbers, "with"))
    for net, name in SERIES.items():
        rows = np.array([list(trained_rates(reading.numbers, net).values()) for reading in readings])
        traces += [line(rates, row.tolist(), name, line={"width": 1}, opacity=0.55) for row in rows]
        median = np.median(rows, axis=0)
        traces.append(line(rates, median.tolist(), name, mode="lines+markers", marker={"size": 9}))
        ends[name] = float(median[-1])
    traces.append(level_line((rates[0], rates[-1]), TRAINS, "chance"))
    return Chart(rate_axes(rates[-1]), [[*traces, *named(rates, ends)]], [0])


def statistics_chart(readings: Sequence[Reading]) -> Chart:
    """Each unit a point: across, what one batch says; upwards, what eval mode uses. Means, then spreads."""
    means, spreads = (np.concatenate([[r.own[row], r.kept[row]] for r in readings]) for row in (0, 1))
    reach = 1.08 * max(0.2, *np.abs(means[np.isfinite(means)]).tolist())
    there = spreads[np.isfinite(spreads) & (spreads > 1e-3)]  # no spread at all has no place on the picture
    ends = [(-reach, reach), (0.7 * min(1, *there.tolist()), 1.4 * max(1, *there.tolist()))]
    frames = []
    for reading in readings:
        traces: list[dict[str, Any]] = []
        for row, (x, y) in enumerate((("x", "y"), ("x2", "y2"))):
            diagonal = line(list(ends[row]), list(ends[row]), "chance", hoverinfo="skip")
            traces.append({**diagonal, "line": {"color": colour("chance"), "width": 1.5, "dash": "dot"},
                           "xaxis": x, "yaxis": y, "meta": {"table": []}})  # fmt: skip
            own, kept = reading.own[row].tolist(), reading.kept[row].tolist()
            name = Label("name.std" if row else "name.mean")
            traces.append({
                "type": "scatter", "mode": "markers", "x": own, "y": kept, "xaxis": x, "yaxis": y,
                "cliponaxis": False, "name": name,
                "meta": {"table": [[name, *pair] for pair in zip(own, kept, strict=True)]},
                "marker": {"size": 10, "color": colour("normalised"), "opacity": 0.75},
            })  # fmt: skip
        frames.append(traces)
    # The words are given: Plotly's own would be smaller than 12 px.
    marks = [
        m for m in (0.001, 0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0) if ends[1][0] <= m <= ends[1][1]
    ]
    words = [Label("rate", rate=mark) for mark in marks]
    powers_of = {
        "type": "log", "range": [log10(end) for end in ends[1]], "tickvals": marks, "ticktext": words,
    }  # fmt: skip
    layout = {
        "meta": {"table": ["", Label("in_batch"), Label("running")]},
        "xaxis": {"title": {"text": Label("axis.own_mean")}, "range": ends[0], "domain": [0, 0.44]},
        "yaxis": {"title": {"text": Label("axis.kept_mean")}, "range": ends[0]},
        "xaxis2": {
            "title": {"text": Label("axis.own_std")},
            **powers_of,
            "domain": [0.56, 1],
            "anchor": "y2",
        },
        "yaxis2": {"title": {"text": Label("axis.kept_std")}, **powers_of, "anchor": "x2"},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def by_hand_diagram(readings: Sequence[Reading]) -> Diagram:
    """Four digits, three units of one layer: mean, variance, the normalised numbers, scaled and shifted."""
    last = readings[-1]
    N = len(last.labels)
    train = last.mode == "train"
    terms = " + ".join(f"({{raw:r,{i}}})" for i in range(N))
    squares = " + ".join(f"({{raw:r,{i}}} − {{mean:r,0}})²" for i in range(N))
    columns = [Label("digit", digit=digit) for digit in last.labels]
    units = [Label("unit", unit=last.first_unit + i) for i in range(len(last.by_hand["raw"]))]
    kept = Label("how.kept")
    grids = [
        Grid("raw", (0, 0), narrow=(0, 0), title=Label(f"title.{last.place}"), rows=units, columns=columns,
             arithmetic=Label(f"how.{last.place}", layer=last.layer)),
        Grid("mean", (1, 0), narrow=(0, 1), title="μ", columns=[""],
             arithmetic=f"( {terms} ) / {N} = {{self}}" if train else kept),
        Grid("var", (2, 0), narrow=(0, 2), title="σ²", columns=[""], digits=4,
             arithmetic=f"( {squares} ) / {N} = {{self}}" if train else kept),
        Grid("hat", (3, 0), narrow=(0, 3), title="x̂", columns=columns,
             arithmetic="( {raw:r,c} − ({mean:r,0}) ) / √( {var:r,0} + 10⁻⁵ ) = {self}"),
        Grid("gamma", (4, 0), narrow=(0, 4), title="γ", columns=[""], arithmetic=Label("how.learnt")),
        Grid("beta", (5, 0), narrow=(0, 5), title="β", columns=[""], arithmetic=Label("how.learnt")),
        Grid("y", (6, 0), narrow=(0, 6), title="y", columns=columns,
             arithmetic="{gamma:r,0} · ({hat:r,c}) + ({beta:r,0}) = {self}"),
    ]  # fmt: skip
    frames = [
        {name: [[v if isfinite(v) else None for v in row] for row in grid.tolist()] for name, grid in items}
        for items in (reading.by_hand.items() for reading in readings)
    ]
    return Diagram(grids, [Arrow("var", "hat"), Arrow("beta", "y")], frames, [r.step for r in readings], 2.0,
                   ("hat", 0, 0), turns=False)  # fmt: skip
