"""The inside of an LSTM as an unrolled diagram, and the road back along its cell states."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.lstm_by_hand import one_earlier
from explainers.support.lstm_cell import GATES
from explainers.support.lstm_readers import HELD
from explainers.support.lstm_reading import Reading
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, Walk, label_of, line, low
from explainers.support.powers import finite, log_axis, log_labels, powers, size
from explainers.support.recall import LETTERS

FIRST, LAST = 3, 2  # steps on the picture; those between are one gap
UNITS = 2
FULL = 1.0  # at which a number has full colour: an open gate
LETTER = ("i", "f", "g", "o")
HOW = ("shut", "free", "open")
FUNCTION = ("σ", "σ", "tanh", "σ")


def part(value: float) -> str:
    """A part of a gradient as words, alike in all languages: 24×, 117%, 3%, or 4·10⁻⁶."""
    return f"{value:.0%}" if 0.01 <= value < 9.95 else size(value) + "×" * (value > 1)


def shown_steps(T: int) -> list[int]:
    """Which steps are drawn, from 0: all, or the first three and the last two."""
    return list(range(T)) if T <= FIRST + LAST else [*range(FIRST), *range(T - LAST, T)]


def cell_diagram(readings: Sequence[Reading]) -> Diagram:
    """Time from left to right; in each step from above: cell state, gates and word, hidden state, answer."""
    last = readings[-1]
    recall = last.task == "recall"
    answer = LETTERS[last.answer] if recall else Label("answer.positive")
    sign = answer if recall else "+"
    T, steps = len(last.words), shown_steps(len(last.words))
    units = [int(last.numbers[f"unit_{place}"]) for place in range(UNITS)]
    grids = [Grid(name, (0, 0), "hidden") for name in ("unit", "letter", "function", "bias_ih", "bias_hh")]
    # A cell state has no bounds: above ten one digit less, so that it keeps its room.
    digits = 1 if max(float(abs(r.cell.c[steps][:, units]).max()) for r in readings) >= 9.95 else 2
    arrows, stops = [], []
    for place, t in enumerate(steps):
        column = place + (t >= FIRST and T > FIRST + LAST)  # the gap has a column of its own
        now, before = low(t + 1), low(t)
        # Beside the first step, and the first after the gap: beside each they would take a step's room.
        named = t - 1 not in steps
        grids += [
            Grid(f"c{t}", (column, 0), title=f"t = {t + 1}", rows=["c"] * named, step=t, digits=digits,
                 narrow=(1, 2 * column),
                 arithmetic=f"c{now}{{unit:0,c}} = `f|{{gates{t}:1,c}}`·`c{before}|{{before{t}:0,c}}`"
                            f" + `i|{{gates{t}:0,c}}`·`g|{{gates{t}:2,c}}` = {{self}}"),
            Grid(f"gates{t}", (column, 1), caption=last.words[t], rows=LETTER * named, step=t,
                 narrow=(0, 2 * column),
                 arithmetic=f"{{letter:r,0}}{{unit:0,c}} = {{function:r,0}}("
                            f" `W_i{{letter:r,0}}·x|{{from_x{t}:r,c}}` `b_i{{letter:r,0}}|{{bias_ih:r,c}}`"
                            f" `W_h{{letter:r,0}}·h{before}|{{from_h{t}:r,c}}`"
                            f" `b_h{{letter:r,0}}|{{bias_hh:r,c}}` )"
                            f" = {{function:r,0}}({{sum{t}:r,c}}) {{becomes:r,0}} {{self}}"),
            Grid(f"h{t}", (column, 2), rows=["h"] * named, step=t, narrow=(0, 2 * column + 1),
                 arithmetic=f"h{now}{{unit:0,c}} = `o|{{gates{t}:3,c}}`·tanh( `c{now}|{{c{t}:0,c}}` )"
                            f" = {{self}}"),
            Grid(f"answer{t}", (column, 3), "share", rows=[f"P({sign})"] * named, step=t,
                 narrow=(1, 2 * column + 1), arithmetic=Label("how.answer", t=t + 1, answer=answer)),
            Grid(f"before{t}", (0, 0), "hidden", digits=digits),
            *(Grid(f"{name}{t}", (0, 0), "hidden") for name in ("from_x", "from_h", "sum")),
        ]  # fmt: skip
        arrows += [Arrow(f"gates{t}", f"c{t}"), Arrow(f"gates{t}", f"h{t}")]
        if t:
            arrows.append(Arrow(f"c{t - 1}" if t - 1 in steps else "gap", f"c{t}", "× f"))
        if t - 1 in steps:
            arrows.append(Arrow(f"h{t - 1}", f"gates{t}", "W_h"))
        stops.append((f"c{t}", Label("walk.at", t=t + 1, T=T, word=last.words[t])))
    grids.append(Grid("becomes", (0, 0), "hidden"))
    if len(steps) < T:
        grids.append(Grid("gap", (FIRST, 0), "word", narrow=(1, 2 * FIRST), arithmetic=Label(
            "how.gap", first=FIRST + 1, last=T - LAST, a=units[0], b=units[1])))  # fmt: skip
        grids.append(Grid("through", (0, 0), "hidden", digits=3))
        arrows.append(Arrow(f"c{FIRST - 1}", "gap", "× f"))
    frames = [_frame(reading, units, steps) for reading in readings]
    walk = Walk(Label("walk.title"), Label("walk.play"), stops)
    numbers = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, numbers, FULL, (f"c{steps[-1]}", 0, 0), walk=walk)


def brief(values: Array) -> Array:
    """Numbers with seven digits, in order of their rows: a picture shows four, and they are many to send."""
    return np.ascontiguousarray(values, np.float32)


def _frame(reading: Reading, units: list[int], steps: list[int]) -> dict[str, Any]:
    """The numbers of the drawn units and steps at one checkpoint."""
    cell = reading.cell
    blocks = zip(("from_x", "from_h", "sum"), cell.terms(steps, units), strict=True)
    drawn = {name: brief(block) for name, block in blocks}  # (S, 4, 2) each
    drawn["gates"] = brief(cell.gates[steps][..., units])  # (S, 4, 2)
    for name, states in (("h", cell.h), ("c", cell.c), ("before", one_earlier(cell.c))):
        drawn[name] = brief(states[steps][:, None, units])  # (S, 1, 2)
    frame: dict[str, Any] = {
        "unit": [[Label("unit", unit=unit) for unit in units]],
        "letter": [[letter] for letter in LETTER],
        "function": [[function] for function in FUNCTION],
        "becomes": [[word] for word in becomes(reading)],
        "bias_ih": brief(cell.bias_ih[:, units]),
        "bias_hh": brief(cell.bias_hh[:, units]),
        **{f"answer{t}": [[reading.sure[t]]] for t in steps},
        **{f"{name}{t}": block[place] for name, block in drawn.items() for place, t in enumerate(steps)},
    }
    if len(reading.words) > len(steps):
        forget = cell.gates[FIRST:-LAST, GATES.index("forget"), units]  # (T − 5, 2)
        frame |= {"gap": [["⋯"]], "through": forget.prod(axis=0)[None]}
    return frame


def becomes(reading: Reading) -> list[str]:
    """What stands between a gate's own value and the one it has: an equals sign, or that it is held."""
    held = reading.hold.split("_")[0]
    return [Label("held") if gate == held else "=" for gate in GATES]


def road_chart(readings: Sequence[Reading]) -> Chart:
    """The gradient at each step over that at the last: measured, the forget gates' product, and the RNN's.

    Where nothing arrives there is no point: zero has no place on a scale of powers of ten.
    """
    T = len(readings[-1].words)
    curves = [{"lstm": r.arrived, "baseline": r.road, "rnn": r.arrived_rnn} for r in readings]
    low_end, high_end = powers([y for curve in curves for ys in curve.values() for y in ys.tolist()], -1, 1)
    frames = []
    for curve in curves:
        traces = [
            line(list(range(1, T + 1)), finite(ys.tolist()), name, marker={"size": 7},
                 mode="lines" if name == "baseline" else "lines+markers",
                 line={"dash": "dot" if name == "baseline" else "solid"})
            for name, ys in curve.items()
        ]  # fmt: skip
        # Where the way back ends, the numbers are read.
        ends = {
            name: (float(ys[0]), Label("end.road", series=label_of(name), value=part(float(ys[0]))))
            for name, ys in curve.items()
        }
        frames.append([*traces, *log_labels(1, ends, low_end, high_end, "left")])
    layout = {
        "xaxis": {"title": {"text": Label("axis.time")}, "range": [1, T + 0.3]},
        "yaxis": log_axis(low_end, high_end, side="right", title={"text": Label("axis.gradient")}),
        "margin": {"l": 145, "r": 60},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def step_diagram(readings: Sequence[Reading]) -> Diagram:
    """One step with all units as rows: what word and state add up to, the gates, the new states."""
    last = readings[-1]
    t, (H, inputs) = last.at, last.cell.W_ih.shape[1:]
    now, before = low(t), low(t - 1)

    def product(matrix: str, vector: str, size: int) -> str:
        return " + ".join(f"{{{matrix}{k}:r,c}}·{{{vector}:0,{k}}}" for k in range(size)) + " = {self}"

    grids = [
        Grid("from_x", (0, 0), title=f"W_i·x{now} ({last.words[t - 1]})", columns=LETTER,
             rows=[str(unit) for unit in range(H)], arithmetic=product("wx", "x", inputs)),
        Grid("from_h", (1, 0), title=f"W_h·h{before}", columns=LETTER,
             arithmetic=product("wh", "h_before", H)),
        Grid("gates", (2, 0), title=Label("title.gates"), columns=LETTER,
             arithmetic="{letter:0,c}[{r}] = {function:0,c}( `W_i·x|{from_x:r,c}` `b_i|{bias_ih:r,c}`"
                        " `W_h·h|{from_h:r,c}` `b_h|{bias_hh:r,c}` )"
                        " = {function:0,c}({sum:r,c}) {becomes:0,c} {self}"),
        Grid("before", (3, 0), title=f"c{before}", columns=[" "]),
        Grid("c", (4, 0), title=f"c{now}", columns=[" "],
             arithmetic=f"c{now}[{{r}}] = `f|{{gates:r,1}}`·`c{before}|{{before:r,0}}`"
                        " + `i|{gates:r,0}`·`g|{gates:r,2}` = {self}"),
        Grid("h", (5, 0), title=f"h{now}", columns=[" "],
             arithmetic=f"h{now}[{{r}}] = `o|{{gates:r,3}}`·tanh( `c{now}|{{c:r,0}}` ) = {{self}}"),
        *(Grid(name, (0, 0), "hidden") for name in _hidden_of_step(inputs, H)),
    ]  # fmt: skip
    arrows = [Arrow("from_h", "gates"), Arrow("before", "c", "× f"), Arrow("c", "h", "× o")]
    frames = [_frame_of_step(reading, t - 1) for reading in readings]
    steps = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, steps, FULL, ("gates", 0, 1), turns=False)


def _hidden_of_step(inputs: int, H: int) -> list[str]:
    """The numbers that only the arithmetic of :func:`step_diagram` needs."""
    named = ["x", "h_before", "bias_ih", "bias_hh", "sum", "letter", "function", "becomes"]
    return [*named, *(f"wx{k}" for k in range(inputs)), *(f"wh{k}" for k in range(H))]


def _frame_of_step(reading: Reading, t: int) -> dict[str, Any]:
    """The numbers of step t, from 0, at one checkpoint: units as rows, i f g o as columns."""
    cell = reading.cell
    from_x, from_h, sums = (block[0].T for block in cell.terms([t]))  # (H, 4) each
    before, h_before = one_earlier(cell.c)[t], one_earlier(cell.h)[t]  # (H,)
    drawn = {
        "from_x": from_x, "from_h": from_h, "gates": cell.gates[t].T,
        "before": before[:, None], "c": cell.c[t][:, None], "h": cell.h[t][:, None],
        "x": cell.x[t][None], "h_before": h_before[None], "bias_ih": cell.bias_ih.T,
        "bias_hh": cell.bias_hh.T, "sum": sums,
    }  # fmt: skip
    # One (H, 4) for each number of x and of h. Rounded: they are many, and no more of them is shown.
    W_ih, W_hh = (brief(W.transpose(2, 1, 0).round(3)) for W in (cell.W_ih, cell.W_hh))
    return {
        **{name: brief(values) for name, values in drawn.items()},
        "letter": [list(LETTER)], "function": [list(FUNCTION)], "becomes": [becomes(reading)],
        **{f"wx{k}": block for k, block in enumerate(W_ih)},
        **{f"wh{k}": block for k, block in enumerate(W_hh)},
    }  # fmt: skip


def gates_diagram(readings: Sequence[Reading]) -> Diagram:
    """One row per gate, one column per way to hold it: the accuracy on the test sequences."""
    frames = []
    for numbers in (reading.numbers for reading in readings):
        keys = [
            [f"accuracy_{gate}_{how}" if how != "free" else "accuracy_lstm" for how in HOW] for gate in HELD
        ]
        frames.append({"held": [[numbers[key] for key in row] for row in keys]})
    rows, columns = [Label(f"gate.{gate}") for gate in HELD], [Label(f"hold.{how}") for how in HOW]
    grid = Grid("held", (0, 0), "share", rows=rows, columns=columns, arithmetic=Label("how.held"))
    return Diagram([grid], [], frames, [reading.step for reading in readings], start_cell=("held", 0, 0))
