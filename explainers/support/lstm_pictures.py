"""The inside of an LSTM as an unrolled diagram, and the road back along its cell states."""

from collections.abc import Sequence
from typing import Any

from explainers.support.contract import Label
from explainers.support.lstm_cell import GATES
from explainers.support.lstm_readers import HELD
from explainers.support.lstm_reading import Reading
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, Walk, label_of, line
from explainers.support.powers import finite, log_axis, log_labels, powers, size
from explainers.support.state_pictures import low

FIRST, LAST = 3, 2  # steps on the picture; those between are one gap
UNITS = 2
FULL = 1.0  # at which a number has full colour: an open gate
LETTER = ("i", "f", "g", "o")
HOW = ("shut", "free", "open")
FUNCTION = ("σ", "σ", "tanh", "σ")


def part(value: float) -> str:
    """A part of a gradient as words, alike in all languages: 117%, 3%, or 4·10⁻⁶."""
    return f"{value:.0%}" if value >= 0.01 else size(value)


def shown_steps(T: int) -> list[int]:
    """Which steps are drawn, from 0: all, or the first three and the last two."""
    return list(range(T)) if T <= FIRST + LAST else [*range(FIRST), *range(T - LAST, T)]


def cell_diagram(readings: Sequence[Reading], answer: str, sign: str) -> Diagram:
    """Time from left to right; in each step from above: cell state, gates and word, hidden state, answer.

    ``answer`` names the answer whose probability the last row shows, ``sign`` is short for it.
    """
    last = readings[-1]
    T, steps = len(last.words), shown_steps(len(last.words))
    units = [int(last.numbers[f"unit_{place}"]) for place in range(UNITS)]
    grids = [Grid(name, (0, 0), "hidden") for name in ("unit", "letter", "function", "bias_ih", "bias_hh")]
    arrows, stops = [], []
    for place, t in enumerate(steps):
        column = place + (t >= FIRST and T > FIRST + LAST)  # the gap has a column of its own
        now, before = low(t + 1), low(t)
        grids += [
            Grid(f"c{t}", (column, 0), title=f"t = {t + 1}", rows=["c"], step=t,
                 narrow=(1, 2 * column),
                 arithmetic=f"{{unit:0,c}} c{now} = `f|{{gates{t}:1,c}}`·`c{before}|{{before{t}:0,c}}`"
                            f" + `i|{{gates{t}:0,c}}`·`g|{{gates{t}:2,c}}` = {{self}}"),
            Grid(f"gates{t}", (column, 1), caption=last.words[t], rows=LETTER, step=t,
                 narrow=(0, 2 * column),
                 arithmetic=f"{{unit:0,c}} {{letter:r,0}} = {{function:r,0}}("
                            f" `W_i{{letter:r,0}}·x|{{from_x{t}:r,c}}` `b_i{{letter:r,0}}|{{bias_ih:r,c}}`"
                            f" `W_h{{letter:r,0}}·h{before}|{{from_h{t}:r,c}}`"
                            f" `b_h{{letter:r,0}}|{{bias_hh:r,c}}` )"
                            f" = {{function:r,0}}({{sum{t}:r,c}}) {{becomes:r,0}} {{self}}"),
            Grid(f"h{t}", (column, 2), rows=["h"], step=t, narrow=(0, 2 * column + 1),
                 arithmetic=f"{{unit:0,c}} h{now} = `o|{{gates{t}:3,c}}`·tanh( `c{now}|{{c{t}:0,c}}` )"
                            f" = {{self}}"),
            Grid(f"answer{t}", (column, 3), "share", rows=[f"P({sign})"], step=t, narrow=(1, 2 * column + 1),
                 arithmetic=Label("how.answer", t=t + 1, answer=answer)),
            *(Grid(f"{name}{t}", (0, 0), "hidden") for name in ("before", "from_x", "from_h", "sum")),
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
    frames = [_frame(reading, units, steps, last) for reading in readings]
    walk = Walk(Label("walk.title"), Label("walk.play"), stops)
    numbers = [reading.step for reading in readings]
    return Diagram(grids, arrows, frames, numbers, FULL, (f"c{steps[-1]}", 0, 0), walk=walk)


def _frame(reading: Reading, units: list[int], steps: list[int], last: Reading) -> dict[str, Any]:
    """The numbers of the drawn units and steps at one checkpoint."""
    held = reading.hold.split("_")[0]
    frame: dict[str, Any] = {
        "unit": [[Label("unit", unit=unit) for unit in units]],
        "letter": [[letter] for letter in LETTER],
        "function": [[function] for function in FUNCTION],
        "becomes": [[Label("held") if gate == held else "="] for gate in GATES],
        "bias_ih": reading.bias_ih[:, units],
        "bias_hh": reading.bias_hh[:, units],
    }
    for t in steps:
        terms = reading.from_x[t] + reading.from_h[t] + reading.bias_ih + reading.bias_hh  # (4, H)
        frame |= {
            f"answer{t}": [[reading.sure[t]]],
            f"h{t}": reading.h[t, units][None],
            f"c{t}": reading.c[t, units][None],
            f"gates{t}": reading.gates[t][:, units],
            f"before{t}": reading.c[t - 1, units][None] if t else [[0.0] * UNITS],
            f"from_x{t}": reading.from_x[t][:, units],
            f"from_h{t}": reading.from_h[t][:, units],
            f"sum{t}": terms[:, units],
        }
    if len(reading.words) > len(steps):
        forget = reading.gates[FIRST:-LAST, GATES.index("forget")]  # (T − 5, H)
        frame |= {"gap": [["⋯"]], "through": forget.prod(axis=0)[units][None]}
    return frame


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
            line(list(range(1, T + 1)), finite(ys.tolist()), name, mode="lines+markers", marker={"size": 7},
                 line={"dash": "dot" if name == "baseline" else "solid"})
            for name, ys in curve.items()
        ]  # fmt: skip
        ends = {
            name: (float(ys[-1]), Label("end.road", series=label_of(name), value=part(float(ys[0]))))
            for name, ys in curve.items()
        }
        frames.append([*traces, *log_labels(T, ends, low_end, high_end, "right")])
    layout = {
        "xaxis": {"title": {"text": Label("axis.time")}, "range": [0.5, T + 0.3]},
        "yaxis": log_axis(low_end, high_end, title={"text": Label("axis.gradient")}),
        "margin": {"r": 190},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


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
