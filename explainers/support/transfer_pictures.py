"""Charts of what a base is worth, what it costs, what it forgets. Numbers in, picture out."""

from collections.abc import Sequence
from math import log10
from typing import Any

import numpy as np

from explainers.support.contract import Label
from explainers.support.pictures import (
    Chart,
    apart,
    colour,
    end_label,
    end_labels,
    label_of,
    level_line,
    line,
    upward,
)
from explainers.support.transfer_learning import KINDS, SIZES
from explainers.support.transfer_reading import Reading

BOUNDS = (0.0, 1.0)
BEHIND = 1.12  # times the last number of images: there the words begin, behind the last point
# Bases are not series of other pages: five colours that can be told apart.
BASE_SERIES = {"04": "frozen", "59": "leaky", "all": "across", "none": "baseline", "other": "within"}


def size_axis() -> dict[str, Any]:
    """Images per class, over powers of ten."""
    return {
        "title": {"text": Label("axis.images")}, "type": "log", "tickvals": list(SIZES),
        "ticktext": [Label("count", n=size) for size in SIZES],
        "range": [log10(SIZES[0] * 0.85), log10(SIZES[-1] * BEHIND)],
    }  # fmt: skip


def band(low: Sequence[float], high: Sequence[float], series: str) -> dict[str, Any]:
    """The space between the lowest and the highest draw."""
    return {
        "type": "scatter", "mode": "lines", "x": [*SIZES, *SIZES[::-1]], "y": [*low, *list(high)[::-1]],
        "fill": "toself", "fillcolor": colour(series), "line": {"color": colour(series), "width": 0},
        "opacity": 0.16, "hoverinfo": "skip", "name": label_of(series), "meta": {"table": []},
    }  # fmt: skip


def learning_chart(readings: Sequence[Reading]) -> Chart:
    """Accuracy on test digits against images per class: the mean of the draws, and how far they lie apart."""
    frames = []
    for reading in readings:
        traces, ends = [], {}
        for kind in KINDS:
            draws = [reading.draws(kind, size) for size in SIZES]
            traces.append(band([min(each) for each in draws], [max(each) for each in draws], kind))
        for kind in KINDS:
            row = [reading.accuracy(kind, size) for size in SIZES]
            dots = {"size": [14 if size == reading.size else 8 for size in SIZES]}
            traces.append(line(list(SIZES), row, kind, mode="lines+markers", marker=dots, cliponaxis=False))
            ends[kind] = row[-1]
        ends["chance"] = reading.numbers["chance"]
        traces.append(level_line((SIZES[0], SIZES[-1]), ends["chance"], "chance"))
        frames.append([*traces, *end_labels(SIZES[-1] * BEHIND, ends, BOUNDS, "axis.accuracy")])
    layout = {
        "xaxis": size_axis(),
        "yaxis": upward("axis.accuracy", BOUNDS),
        "margin": {"r": 150},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def seeds_chart(readings: Sequence[Reading]) -> Chart:
    """The same at the end of several runs: a thin line each, a thick one for their mean."""
    traces, ends = [], {}
    for kind in KINDS:
        rows = [[reading.accuracy(kind, size) for size in SIZES] for reading in readings]
        for row in rows:
            traces.append(line(list(SIZES), row, kind, line={"width": 1}, opacity=0.45, hoverinfo="skip"))
        mean = np.mean(rows, axis=0).tolist()
        traces.append(line(list(SIZES), mean, kind, mode="lines+markers", marker={"size": 9}))
        ends[kind] = mean[-1]
    layout = {
        "xaxis": size_axis(),
        "yaxis": upward("axis.accuracy", BOUNDS),
        "margin": {"r": 150},
    }
    return Chart(layout, [[*traces, *end_labels(SIZES[-1] * BEHIND, ends, BOUNDS, "axis.accuracy")]], [0])


def bases_chart(values: Sequence[str], readings: Sequence[Reading]) -> Chart:
    """What frozen features of every base gain on a net from nothing, against images per class."""
    rows = {
        base: [reading.gain(size) for size in SIZES] for base, reading in zip(values, readings, strict=True)
    }
    every = [gain for row in rows.values() for gain in row]
    bounds = (min(-0.2, *every) - 0.05, max(0.2, *every) + 0.05)
    traces: list[dict[str, Any]] = [level_line((SIZES[0], SIZES[-1]), 0.0, "scratch")]
    traces += [
        line(list(SIZES), row, BASE_SERIES[base], mode="lines+markers", marker={"size": 9},
             cliponaxis=False, name=Label(f"base.{base}"))
        for base, row in rows.items()
    ]  # fmt: skip
    names = {base: (Label(f"base.{base}"), BASE_SERIES[base], row[-1]) for base, row in rows.items()}
    names["scratch"] = (label_of("scratch"), "scratch", 0.0)
    ends = {key: end for key, (_, _, end) in names.items()}
    places = apart(ends, bounds)
    for key, (name, series, end) in names.items():
        words = Label("end.gain", base=name, points=100 * end) if key in rows else Label("end.zero")
        at = SIZES[-1] * BEHIND, places[key]
        traces.append(end_label(*at, words, series, name=name, meta={"table": []}))
    layout = {
        "xaxis": size_axis(),
        "yaxis": {"title": {"text": Label("axis.gain")}, "range": list(bounds), "tickformat": "+.0%"},
        "margin": {"r": 176},
    }
    return Chart(layout, [traces], [0])


def forgetting_chart(readings: Sequence[Reading]) -> Chart:
    """Right answers on the base's own problem over the new training: frozen and fine-tuned features."""
    of, frames = readings[-1].of, []
    for count in range(1, len(readings) + 1):
        upto = readings[:count]
        last, steps = upto[-1], [reading.step for reading in upto]
        if "base_accuracy" not in last.numbers:
            frames.append([nothing_to_forget(of)])
            continue
        rows = {
            "frozen": [r.numbers["base_accuracy"] for r in upto],
            "tuned": [r.numbers[f"base_tuned_{r.size}"] for r in upto],
        }
        level = last.numbers["base_chance"]
        ends = {**{kind: row[-1] for kind, row in rows.items()}, "chance": level}
        frames.append([
            *(line(steps, row, kind) for kind, row in rows.items()),
            level_line((0, of), level, "chance"),
            *end_labels(of, ends, BOUNDS, "axis.base_accuracy"),
        ])  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": Label("axis.step")}, "range": [0, of]},
        "yaxis": upward("axis.base_accuracy", BOUNDS),
        "margin": {"r": 150},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def nothing_to_forget(of: int) -> dict[str, Any]:
    """What the picture says where the base was never trained."""
    return {
        "type": "scatter", "mode": "text", "x": [of / 2], "y": [0.5], "text": [Label("no_base")],
        "textfont": {"color": "var(--u-muted)", "size": 15}, "hoverinfo": "skip",
        "name": Label("no_base"), "meta": {"table": []},
    }  # fmt: skip


def cost_chart(readings: Sequence[Reading]) -> Chart:
    """CPU milliseconds of one net of each kind on the left, how many numbers learn on the right."""
    bars = ("base", *KINDS)
    top = 1000 * max(max(reading.seconds.values()) for reading in readings)
    most = max(readings[-1].learnt.values())
    series = {"base": "within", **{kind: kind for kind in KINDS}}
    frames = []
    for reading in readings:
        learnt = {"base": most if reading.base != "none" else 0, **reading.learnt}
        spent = {kind: 1000 * reading.seconds[kind] for kind in bars}
        traces = []
        for axis, values, key in (("", spent, "milliseconds"), ("2", learnt, "count")):
            for place, kind in enumerate(bars):
                traces.append({
                    "type": "bar", "orientation": "h", "x": [values[kind]], "y": [-place], "width": 0.62,
                    "xaxis": f"x{axis}", "yaxis": f"y{axis}", "marker": {"color": colour(series[kind])},
                    "name": label_of(series[kind]), "hoverinfo": "skip", "textposition": "outside",
                    "text": [Label(key, n=values[kind])], "textfont": {"size": 14}, "cliponaxis": False,
                    "meta": {"table": [[label_of(series[kind]), Label(f"axis.{key}"), values[kind]]]},
                })  # fmt: skip
        frames.append(traces)
    names = {"tickvals": [-i for i in range(len(bars))], "ticktext": [label_of(series[k]) for k in bars]}
    common = {"showgrid": False, "zeroline": False, "range": [-len(bars) + 0.4, 0.6]}
    layout = {
        "height": 260, "margin": {"l": 110, "r": 20}, "showlegend": False,
        "xaxis": {"title": {"text": Label("axis.milliseconds")}, "range": [0, 1.35 * top or 1],
                  "domain": [0, 0.42]},
        "xaxis2": {"title": {"text": Label("axis.count")}, "range": [0, 1.35 * most], "domain": [0.6, 1],
                   "anchor": "y2"},
        "yaxis": {**common, **names}, "yaxis2": {**common, **names, "anchor": "x2"},
        # On a slow server a time has more digits, and a phone less room for them beside the longest bar.
        "meta": {"table": ["", "", ""], "narrow": {"xaxis": {"range": [0, 1.8 * top or 1]},
                                                   "xaxis2": {"range": [0, 1.8 * most]}}},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])
