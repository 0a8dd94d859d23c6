"""Pictures of forecasts: on the record, as errors beside those of the baselines, and worked out by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from explainers.support.contract import Label
from explainers.support.pictures import (
    Arrow,
    Chart,
    Diagram,
    Grid,
    Stage,
    colour,
    curves,
    end_labels,
    label_of,
    line,
)
from explainers.support.series import held_out

SERIES = {"last": "baseline", "period": "chance", "linear": "linear"}  # baseline → its colour and name
LEAKY = {"shuffled": "leaky", "future": "across"}
DASH = {"last": "dot", "period": "dash"}
WIDE = 240  # values on the large panel; a record of 309 needs 92
SAMPLED = 1_000  # values on the small panel
SHOWN, UNITS = 6, 8  # values and units of a diagram
HOW = {"rnn": ("input", "memory"), "gru": ("before", "keep", "new"), "lstm": ("out", "cell")}


def same_record(reading: Any) -> tuple[Any, ...]:
    """Of which record and unit the axes are: another run may have learnt a visitor's own."""
    record = reading.record
    return (*record.names, len(record.times), record.times[0], record.times[-1])


def later(times: Sequence[Any], count: int) -> list[Any]:
    """The times that follow the last one, as far apart as the last two."""
    ahead = range(1, count + 1)
    if isinstance(times[-1], str) and len(times[-1]) == len("2024-01"):
        start, month = (12 * int(at[:4]) + int(at[5:]) - 1 for at in times[-2:])
        months = [month + (month - start) * k for k in ahead]
        return [f"{month // 12}-{month % 12 + 1:02}" for month in months]
    if isinstance(times[-1], str):
        before, last = (datetime.fromisoformat(at).replace(tzinfo=None) for at in times[-2:])
        return [(last + (last - before) * k).isoformat()[: len(times[-1])] for k in ahead]
    return [times[-1] + (times[-1] - times[-2]) * k for k in ahead]


def written(at: Any) -> str:
    """A time as it stands above a column: 1948 and not 1948.0."""
    return f"{at:.10g}" if isinstance(at, float) else str(at)


def name_of(leak: str, cell: str) -> str:
    """The series whose colour and name the forecasts have."""
    return LEAKY.get(leak, cell)


def forecast_chart(readings: Sequence[Any]) -> Chart:
    """The whole record above, with what is held out; below its end, large, with the forecasts."""
    last = readings[-1]
    y, n, h = last.record.values, len(last.record.values), len(last.path)
    times = [*last.record.times, *later(last.record.times, h)]
    split = n - held_out(n)
    first = max(0, split - n // 10) if n <= 2 * WIDE else max(0, min(last.end - WIDE // 4, n - WIDE))
    stop = min(n, first + WIDE)
    end = max(stop, last.end + 1 + h) if last.leak == "none" and last.end < stop else stop
    every = -(-n // SAMPLED)
    span = float(y[first:stop].max() - y[first:stop].min()) or 1.0
    low, high = float(y[first:stop].min()) - 0.06 * span, float(y[first:stop].max()) + 0.45 * span
    small = {"xaxis": "x2", "yaxis": "y2", "hoverinfo": "skip"}
    inside = (last.held >= first) & (last.held < stop)
    order = np.flatnonzero(inside)[np.argsort(last.held[inside])]
    one = name_of(last.leak, last.cell)
    scattered = last.leak == "shuffled"
    style = {"mode": "markers", "marker": {"size": 8, "color": colour(one)}} if scattered else {}
    says = [("followed", Label("line.record")), (one, Label(f"line.{last.leak}"))]
    says += [(last.cell, Label("line.far", h=h))] if last.leak == "none" else []
    record = [
        line(times[first:stop], y[first:stop], "followed", line={"width": 1.5}),
        line(times[:n:every], y[::every], "followed", line={"width": 1}, **small),
    ]
    if scattered:
        dots = {"mode": "markers", "marker": {"size": 5, "color": colour(one)}}
        record.append(line([times[i] for i in last.held], y[last.held], one, **dots, **small))
    words = [
        {"type": "scatter", "mode": "text", "x": [times[first]], "y": [high - span * (0.06 + 0.12 * i)],
         "text": [text], "textposition": "middle right", "hoverinfo": "skip", "name": label_of(series),
         "textfont": {"color": colour(series), "size": 14}}
        for i, (series, text) in enumerate(says)
    ]  # fmt: skip
    held = [times[i] for i in last.held[order]]
    frames = []
    for reading in readings:
        forecasts = [line(held, reading.said[order], one, **style)]
        if last.leak == "none" and last.end < stop:
            path = [y[last.end], *reading.path]
            dots = {"mode": "lines+markers", "marker": {"size": 7, "symbol": "circle-open"}}
            at = times[last.end : last.end + h + 1]
            forecasts.append(line(at, path, last.cell, line={"dash": "dot", "width": 2}, **dots))
        frames.append([*record, *forecasts, *words])
    # What is held out has a ground of its own on both panels, and so has its name.
    grounds = [] if scattered else [(times[split], times[n - 1], "x2", "y2 domain")]
    grounds += [] if scattered else [(times[max(first, split)], times[stop - 1], "x", "y domain")]
    shapes = [
        {"type": "rect", "x0": x0, "x1": x1, "y0": 0, "y1": 1, "xref": x, "yref": ref, "layer": "below",
         "line": {"width": 0}, "fillcolor": "var(--u-touch)"}
        for x0, x1, x, ref in grounds if stop > split
    ]  # fmt: skip
    titles = {"learnt": (0, "left"), "held": (1, "right")}
    notes = [
        {"text": Label(f"part.{key}_{'shuffled' if scattered else 'end'}"), "x": x, "xref": "paper", "y": 1.0,
         "yref": "paper", "xanchor": anchor, "yanchor": "bottom", "showarrow": False,
         "font": {"size": 13, "color": "var(--u-muted)" if key == "learnt" else "var(--u-ink)"}}
        for key, (x, anchor) in titles.items()
    ]  # fmt: skip
    names = last.record.names
    layout = {
        "height": 420, "margin": {"t": 28, "r": 16}, "shapes": shapes, "annotations": notes,
        "xaxis": {"title": {"text": names[0] or Label("axis.time")}, "range": [times[first], times[end - 1]]},
        "yaxis": {"title": {"text": names[1] or Label("axis.value")}, "range": [low, high],
                  "domain": [0, 0.68]},
        "xaxis2": {"range": [times[0], times[n - 1]], "anchor": "y2"},
        "yaxis2": {"domain": [0.82, 1], "anchor": "x2", "showticklabels": False, "showgrid": False},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings], stands_for=same_record(readings[-1]))


def scores_chart(readings: Sequence[Any]) -> Chart:
    """One bar for each way to forecast: how far off it is on average, one step ahead."""
    last = readings[-1]
    fixed = [
        ("baseline", "mae_last"),
        ("chance", "mae_period"),
        ("linear", "mae_linear"),
        (last.cell, "mae_none"),
    ]
    rows = [*fixed, *([(LEAKY[last.leak], f"mae_{last.leak}")] if last.leak != "none" else [])]
    top = 1.25 * max(last.numbers[key] for _, key in rows)
    frames = [
        [
            {"type": "bar", "orientation": "h", "x": [reading.numbers[key]], "y": [-place],
             "name": label_of(name), "marker": {"color": colour(name)},
             "text": [Label("score", value=reading.numbers[key])], "textposition": "outside",
             "textfont": {"size": 14}, "width": 0.62}
            for place, (name, key) in enumerate(rows)
        ]
        for reading in readings
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": Label("axis.mae")}, "range": [0, top]},
        "yaxis": {"tickvals": [-place for place in range(len(rows))],
                  "ticktext": [label_of(name) for name, _ in rows], "tickfont": {"size": 14},
                  "showgrid": False, "zeroline": False, "range": [0.5 - len(rows), 0.5]},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings], stands_for=same_record(readings[-1]))


def ahead_chart(readings: Sequence[Any]) -> Chart:
    """Errors by the number of steps ahead, each forecast fed with its own output."""
    last = readings[-1]
    leads = sum(key.startswith("ahead_last_") for key in last.numbers)
    x = list(range(1, leads + 1))

    def errors(numbers: Mapping[str, float], name: str) -> list[float]:
        return [numbers[f"ahead_{name}_{h}"] for h in x]

    fixed = [line(x, errors(last.numbers, name), series, line={"dash": DASH.get(name, "solid"), "width": 2})
             for name, series in SERIES.items()]  # fmt: skip
    top = 1.05 * max(y for trace in fixed for y in trace["y"])
    ends = {series: last.numbers[f"ahead_{name}_{leads}"] for name, series in SERIES.items()}
    frames = []
    for reading in readings:
        own = errors(reading.numbers, "model")
        labels = end_labels(leads, {**ends, last.cell: own[-1]}, (0, top), "axis.mae")
        for label, name in zip(labels, SERIES, strict=False):
            if name in DASH:  # both are grey: what tells them apart stands before their names
                label["text"] = [Label(f"end.{DASH[name]}", **label["text"][0].values)]
        frames.append([*fixed, line(x, own, last.cell), *labels])
    mark = {"type": "line", "x0": len(last.path), "x1": len(last.path), "y0": 0, "y1": 1, "yref": "y domain",
            "line": {"color": "var(--u-accent)", "width": 1, "dash": "dot"}}  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": Label("axis.ahead")}, "range": [1, leads]},
        "yaxis": {"title": {"text": Label("axis.mae")}, "range": [0, top]},
        "margin": {"r": 172},
        "shapes": [mark],
    }
    return Chart(layout, frames, [reading.step for reading in readings], stands_for=same_record(readings[-1]))


def leaks_chart(readings: Sequence[Any]) -> Chart:
    """What the honest test reports over the training, and what each leaky one does."""
    last = readings[-1]
    series = {"mae_none": last.cell, **{f"mae_{leak}": name for leak, name in LEAKY.items()}}
    top = 1.6 * max(last.numbers[key] for key in (*series, "mae_linear"))
    drawn = curves(readings, series, "axis.mae", (0, top), ("linear", last.numbers["mae_linear"]))
    return replace(drawn, stands_for=same_record(last))


def hand_diagram(readings: Sequence[Any]) -> Diagram:
    """The end of one window: values, scaled values, states; the forecast is read off the last state."""
    last = readings[-1]
    W, H = len(last.window), len(last.score)
    shown = range(max(0, W - SHOWN), W)
    times = [*last.record.times, *later(last.record.times, 1)]
    rows, parts = min(H, UNITS), HOW[last.cell]
    grids, arrows = [], []
    for c, t in enumerate(shown):
        grids += [
            Grid(f"value{t}", (c, 0), "plain", title=written(times[last.end - W + 1 + t]), digits=1),
            Grid(f"x{t}", (c, 1), arithmetic=Label("how.scaled", t=t)),
            Grid(f"state{t}", (c, 2), arithmetic=Label(f"how.{last.cell}", t=t)),
            *(Grid(f"{part}{t}", (c, 2), "hidden") for part in parts),
        ]  # fmt: skip
        arrows.append(Arrow(f"x{t}", f"state{t}"))
        arrows += [Arrow(f"state{t - 1}", f"state{t}")] if c else []
    c = len(shown)
    grids += [
        Grid("forecast", (c, 0), "plain", title=Label("title.forecast", at=written(times[last.end + 1])),
             digits=1, arithmetic=Label("how.forecast")),
        Grid("next", (c, 1), arithmetic=Label("how.next")),
        *(Grid(name, (c, 1), "hidden") for name in ("dot", "bias", "mean", "spread")),
    ]  # fmt: skip
    arrows += [Arrow(f"state{W - 1}", "next"), Arrow("next", "forecast")]
    frames = []
    for reading in readings:
        dot = float(reading.score @ reading.states[-1]["state"])
        scale = reading.scale
        frame: dict[str, Any] = {
            "next": [[dot + reading.bias]], "dot": [[dot]], "bias": [[reading.bias]],
            "forecast": [[scale.mean + scale.spread * (dot + reading.bias)]],
            "mean": [[scale.mean]], "spread": [[scale.spread]],
        }  # fmt: skip
        for t in shown:
            made = reading.states[t]
            frame |= {
                f"value{t}": [[reading.window[t]]],
                f"x{t}": [[(reading.window[t] - scale.mean) / scale.spread]],
            }
            frame[f"state{t}"] = [*made["state"][:rows, None].tolist(), *([[None]] if rows < H else [])]
            frame |= {f"{part}{t}": made[part][:rows, None] for part in parts}
        frames.append(frame)
    stages = [Stage(row, Label(f"stage.{name}")) for row, name in enumerate(("values", "scaled", "states"))]
    steps = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, steps, 1.5, (f"state{W - 1}", 0, 0), stages)


def errors_diagram(readings: Sequence[Any]) -> Diagram:
    """The last held-out values, what was said of them, how far off that was; and the mean over all."""
    last = readings[-1]
    y, at = last.record.values, np.sort(last.held)[-SHOWN:]
    place = [int(np.flatnonzero(last.held == i)[0]) for i in at]
    mean = Label("title.mae", n=len(last.held))
    grids = []
    for c, i in enumerate(at):
        title = written(last.record.times[i])
        grids += [
            Grid(f"real{c}", (c, 0), "plain", title=title, digits=1),
            Grid(f"said{c}", (c, 1), "plain", digits=1),
            Grid(f"off{c}", (c, 2), "plain", digits=1,
                 arithmetic=f"|{{real{c}:0,0}} − {{said{c}:0,0}}| = {{self}}"),
            Grid(f"before{c}", (c, 3), "plain", digits=1),
            Grid(f"off_last{c}", (c, 4), "plain", digits=1,
                 arithmetic=f"|{{real{c}:0,0}} − {{before{c}:0,0}}| = {{self}}"),
        ]  # fmt: skip
    c = len(at)
    grids += [
        Grid("mae", (c, 2), "plain", title=mean, arithmetic=Label("how.mae")),
        Grid("mae_last", (c, 4), "plain", title=mean, arithmetic=Label("how.mae")),
        Grid("mase", (c + 1, 2), "plain", title="MASE", arithmetic=Label("how.mase")),
        Grid("change", (c + 1, 2), "hidden"),
    ]
    real, mae_last = y[last.held], float(np.abs(y[last.held] - y[last.held - 1]).mean())
    frames = []
    for reading in readings:
        mae = float(np.abs(reading.said - real).mean())
        frame: dict[str, Any] = {"mae": [[mae]], "mase": [[mae / reading.numbers["change"]]]}
        frame |= {"change": [[reading.numbers["change"]]], "mae_last": [[mae_last]]}
        for k, i in enumerate(at):
            says = reading.said[place[k]]
            frame |= {f"real{k}": [[y[i]]], f"said{k}": [[says]], f"off{k}": [[abs(y[i] - says)]]}
            frame |= {f"before{k}": [[y[i - 1]]], f"off_last{k}": [[abs(y[i] - y[i - 1])]]}
        frames.append(frame)
    one = label_of(name_of(last.leak, last.cell))
    titles = (label_of("followed"), one, Label("row.off"), label_of("baseline"), Label("row.off"))
    stages = [Stage(row, title) for row, title in enumerate(titles)]
    arrows = [Arrow(f"off{c - 1}", "mae"), Arrow("mae", "mase"), Arrow(f"off_last{c - 1}", "mae_last")]
    steps = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, steps, 1.0, (f"off{c - 1}", 0, 0), stages)
