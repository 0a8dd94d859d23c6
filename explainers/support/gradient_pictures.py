"""Pictures of gradients whose sizes differ by powers of ten. Numbers in, picture out."""

from collections.abc import Mapping, Sequence
from math import ceil, exp, isfinite, log10
from typing import Any

from explainers.support.contract import Label
from explainers.support.pictures import Chart, colour, label_of, level_line, line
from explainers.support.powers import finite, log_axis, log_labels, power, powers

GAP = 0.09  # of the chain's height, above each row, for its words
FLOOR = -8  # power of ten at which a bar begins: a float32 does not feel that part added to 1


def strength(value: float) -> float:
    """How opaque a bar is: fading with every power of ten, so that what has vanished looks so."""
    return min(1.0, max(0.12, 1 + log10(value) / 9)) if isfinite(value) and value > 0 else 0.0


def above(series: str, start: float, now: float, accuracy: float, broken: float) -> Label:
    """What stands above a row of the chain: what arrives at the first step, and what was learnt."""
    key = "row.broken" if broken >= 0 else "row"
    cell = label_of(series)
    return Label(key, cell=cell, start=power(start), now=power(now), accuracy=accuracy, step=int(broken))


def chain(
    frames: Sequence[Mapping[str, Sequence[float]]],
    states: Sequence[Mapping[str, tuple[float, float]]],
    steps: list[int],
) -> Chart:
    """The unrolled chain, one row of bars per cell: what part of the last step's gradient is left.

    A dash at every step: what was left there before training, in the first frame.

    Args:
        frames: one per checkpoint: series → multiples of the last step's gradient (T,).
        states: one per checkpoint: series → (share of right answers, step at which it broke or −1).
        steps: the optimiser step of each frame.

    """
    high = powers([value for frame in frames for row in frame.values() for value in row], 0, 0)[1]
    T = len(next(iter(frames[-1].values())))
    x, height = list(range(1, T + 1)), 1 / len(frames[-1]) - GAP
    gap = 1 + T / 30  # to the loss, so that its word has room
    drawn = []
    for frame, state in zip(frames, states, strict=True):
        traces: list[dict[str, Any]] = []
        for place, (series, values) in enumerate(frame.items(), start=1):
            axis, own = {"yaxis": f"y{place}" if place > 1 else "y"}, {"color": colour(series)}
            named = {"name": label_of(series), "cliponaxis": False, **axis}
            traces += [
                {"type": "scatter", "mode": "lines+markers", "x": [*x, T + gap], "y": [10.0**FLOOR] * (T + 1),
                 "line": {"color": "var(--u-line)", "width": 2}, "hoverinfo": "skip", **named,
                 "marker": {"size": min(10, 300 // T), "symbol": ["triangle-left"] * T + ["circle"],
                            "color": "var(--u-muted)"}},
                {"type": "bar", "x": x, "y": finite(values), "name": named["name"], **axis,
                 "marker": {**own, "opacity": [strength(value) for value in values]}},
                {"type": "scatter", "mode": "markers", "x": x, "y": finite(frames[0][series]), **axis,
                 "name": Label("series.followed_start", series=named["name"]), "hoverinfo": "skip",
                 "marker": {"symbol": "line-ew", "size": min(14, 420 // T),
                            "line": {"color": "var(--u-ink)", "width": 2}}},
                {"type": "scatter", "mode": "text", "x": [0.4], "y": [10.0**high], "hoverinfo": "skip",
                 "text": [above(series, frames[0][series][0], values[0], *state[series])],
                 "textposition": "top right",
                 "textfont": {**own, "size": 14}, **named},
            ]  # fmt: skip
        drawn.append(traces)
    every = 5 * ceil(T / 40)
    ticks = sorted({1, T, *range(every, T - every // 2, every)})
    loss = Label("tick.loss")
    # On a narrow screen the last number would run into the word beside it.
    close = {"tickvals": [*ticks[:-1], T + gap], "ticktext": [*map(str, ticks[:-1]), loss]}
    layout: dict[str, Any] = {
        "height": 400, "margin": {"t": 0, "b": 44, "r": 16}, "bargap": 0.25,
        "xaxis": {"range": [0.3, T + 1.6 * gap], "title": {"text": Label("axis.back")}, "showgrid": False,
                  "tickvals": [*ticks, T + gap], "ticktext": [*map(str, ticks), loss],
                  "tickangle": 0, "anchor": f"y{len(frames[-1])}", "zeroline": False},
        "meta": {"narrow": {"xaxis": close}},
    }  # fmt: skip
    for place in range(len(frames[-1])):
        top = 1 - GAP - place * (height + GAP)
        name = f"yaxis{place + 1}" if place else "yaxis"
        layout[name] = log_axis(FLOOR, high, 4, domain=[max(0.0, top - height), top], zeroline=False)
    return Chart(layout, drawn, steps, opens_first=True)  # trained, the plain RNN's bars are high again


def norm_lines(
    frames: Sequence[Mapping[str, Sequence[float]]], words: Sequence[Mapping[str, Label]], steps: list[int]
) -> Chart:
    """The size of the gradient at every step, one line per series; the last series is the dotted bound."""
    bound = list(frames[-1])[-1]
    low, high = powers([v for f in frames for name, row in f.items() if name != bound for v in row], -2, 1)
    high = min(high + 2, 17)  # a bound far above everything leaves the picture, not the lines their place
    drawn = []
    for frame, beside in zip(frames, words, strict=True):
        x = list(range(1, len(frame[bound]) + 1))
        dotted = {"line": {"dash": "dot", "width": 2}}
        traces = [line(x, finite(row), n, **(dotted if n == bound else {})) for n, row in frame.items()]
        ends = {name: (row[0], beside[name]) for name, row in frame.items()}
        drawn.append([*traces, *log_labels(1, ends, low, high, "left")])
    layout = {
        "xaxis": {"title": {"text": Label("axis.back")}, "range": [1, len(frames[-1][bound])]},
        "yaxis": log_axis(low, high, side="right", title={"text": Label("axis.norm")}),
        "margin": {"l": 110, "r": 60},
    }
    return Chart(layout, drawn, steps)


def clipping(
    norms: Mapping[str, Mapping[int, float]], clip: float, of: int, words: Mapping[str, Label]
) -> Chart:
    """The size of every step's gradient; what stands above the line is cut off, and hangs from its dot.

    Args:
        norms: series → training step → the size of its gradient before clipping; a cross where it is none.
        clip: the line; 0 for none.
        of: steps of the whole training.
        words: series → what stands at its end.

    """
    low, high = powers([*(v for row in norms.values() for v in row.values()), clip], -2, 1)
    traces, ends = [], {}
    for name, row in norms.items():
        sizes = [value if isfinite(value) else 10.0**high for value in row.values()]
        cut = [max(0.0, value - clip) if clip and isfinite(value) else 0.0 for value in row.values()]
        good = [isfinite(value) for value in row.values()]
        traces.append({
            "type": "scatter", "mode": "markers", "x": list(row), "y": finite(sizes), "cliponaxis": False,
            "name": label_of(name),
            "marker": {"color": colour(name), "size": [5 if ok else 16 for ok in good],
                       "symbol": ["circle" if ok else "x" for ok in good],
                       "opacity": [0.4 if ok and not c else 1.0 for ok, c in zip(good, cut, strict=True)]},
            "error_y": {"type": "data", "symmetric": False, "array": [0] * len(cut), "arrayminus": cut,
                        "width": 0, "thickness": 1, "color": colour(name)},
        })  # fmt: skip
        ends[name] = (sizes or [0.0])[-1], words[name]
    if clip:
        traces.append(level_line((0, of), clip, "followed"))
        ends["followed"] = clip, Label("row.line", clip=clip)
    layout = {
        "xaxis": {"title": {"text": Label("axis.step")}, "range": [0, of]},
        "yaxis": log_axis(low, high, title={"text": Label("axis.all")}),
        "margin": {"r": 130},
    }
    return Chart(layout, [[*traces, *log_labels(of, ends, low, high, "right")]], [of])


def gate_line(ratios: Mapping[int, float], bias: int, levels: Mapping[str, float]) -> Chart:
    """The LSTM's ratio at the start against the bias of its forget gate; dotted, the other cells'.

    Args:
        ratios: bias → first step's gradient as a multiple of the last's.
        bias: that of this run.
        levels: series → its ratio, which knows no forget gate.

    """
    low, high = powers([*ratios.values(), *levels.values()], -2, 0)
    x = list(ratios)
    opens = {b: 1 / (1 + exp(-b)) for b in x[::2]}
    marker = {"size": [18 if b == bias else 9 for b in x], "opacity": 1}
    traces = [line(x, finite(list(ratios.values())), "lstm", mode="lines+markers", marker=marker)]
    traces += [level_line((x[0], x[-1]), finite([v])[0], name) for name, v in levels.items()]
    ends = {
        name: (value, Label("row.end", series=label_of(name), ratio=power(value)))
        for name, value in {"lstm": ratios[x[-1]], **levels}.items()
    }
    layout = {
        "xaxis": {"title": {"text": Label("axis.bias")}, "range": [x[0] - 0.3, x[-1] + 0.3], "tickangle": 0,
                  "tickvals": list(opens),
                  "ticktext": [f"{b}<br>{part:.0%}".replace("-", "−") for b, part in opens.items()]},
        "yaxis": log_axis(low, high, title={"text": Label("axis.ratio")}),
        "margin": {"r": 110, "b": 64},
    }  # fmt: skip
    return Chart(layout, [[*traces, *log_labels(x[-1] + 0.3, ends, low, high, "right")]], [0])


def seed_lines(seeds: Sequence[float], ratios: Mapping[str, Sequence[float]]) -> Chart:
    """Ratios of several cells in several seeds, on a scale of powers of ten; each cell named at its end."""
    low, high = powers([value for row in ratios.values() for value in row], -2, 0)
    marker = {"size": 12, "opacity": 1}
    traces = [
        line(list(seeds), finite(row), name, mode="lines+markers", marker=marker, line={"width": 1})
        for name, row in ratios.items()
    ]
    ends = {
        name: (row[-1], Label("row.end", series=label_of(name), ratio=power(row[-1])))
        for name, row in ratios.items()
    }
    layout = {
        "xaxis": {"title": {"text": Label("axis.seed")}, "tickvals": list(seeds)},
        "yaxis": log_axis(low, high, title={"text": Label("axis.ratio")}),
        "margin": {"r": 110},
    }
    return Chart(layout, [[*traces, *log_labels(seeds[-1], ends, low, high, "right")]], [0])
