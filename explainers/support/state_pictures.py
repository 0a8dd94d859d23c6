"""The unrolled network as diagrams: which grid stands where, what its cells say when they are touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from explainers.support.contract import Label
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, Stage, Walk, end_labels, line, low
from explainers.support.states import FOLLOWED, Unrolled

Frames = Sequence[Mapping[str, Any]]
FULL = 1.2  # at which a number has full colour: states end at ±1


def unrolled_diagram(text: Unrolled, shown: int, frames: Frames, steps: list[int]) -> Diagram:
    """States on top, word vectors below, answers under them; a scrubber through the words."""
    units = range(text.states.shape[1])
    grids = [
        Grid("state0", (0, 0), title="h₀", rows=[str(i) for i in units], step=0, narrow=(0, 0),
             arithmetic=Label("how.start")),
        *(Grid(name, (0, 0), "hidden") for name in ("b_ih", "b_hh")),
    ]  # fmt: skip
    arrows, stops = [], [("state0", Label("walk.start"))]
    for t in range(1, shown + 1):
        word = text.tokens[t - 1]
        grids += [
            Grid(f"state{t}", (t, 0), title=f"h{low(t)}", step=t, narrow=(0, 3 * t - 1),
                 arithmetic=Label("how.state", t=t, now=low(t), before=low(t - 1))),
            Grid(f"vector{t}", (t, 1), caption=word, step=t, narrow=(0, 3 * t - 2),
                 arithmetic=Label("how.vector", id=text.ids[t - 1])),
            Grid(f"answer{t}", (t, 2), "share", step=t, narrow=(0, 3 * t),
                 arithmetic=Label("how.answer", t=t, now=low(t))),
            *(Grid(f"{name}{t}", (t, 0), "hidden") for name in ("input", "memory", "sum", "logit")),
        ]  # fmt: skip
        arrows += [Arrow(f"state{t - 1}", f"state{t}", "W_hh"), Arrow(f"vector{t}", f"state{t}", "W_ih")]
        stops.append((f"state{t}", Label("walk.at", t=t, T=shown, word=word)))
    stages = [Stage(1, Label("stage.vectors")), Stage(2, Label("stage.answers"))] if shown else []
    walk = Walk(Label("walk.title"), Label("walk.play"), stops)
    start = (f"state{max(shown - 1, min(1, shown))}", 0, 0)
    return Diagram(grids, arrows, frames, steps, FULL, start, stages, walk)


def edit_diagram(text: Unrolled, edited: Unrolled, shown: int, frames: Frames, steps: list[int]) -> Diagram:
    """The states of two texts, one above the other; in the lower row only what differs stands out."""
    grids, arrows = [], []
    for t in range(1, shown + 1):
        grids += [
            Grid(f"state{t}", (t, 0), title=f"h{low(t)}", caption=text.tokens[t - 1], narrow=(0, 3 * t)),
            Grid(f"edited{t}", (t, 1), title=f"h′{low(t)}", caption=edited.tokens[t - 1],
                 against=f"state{t}", narrow=(0, 3 * t + 1), arithmetic=Label("how.edited", t=t, now=low(t))),
            Grid(f"distance{t}", (t, 2), "plain", narrow=(0, 3 * t + 2),
                 arithmetic=Label("how.distance", now=low(t))),
        ]  # fmt: skip
        if t > 1:
            arrows += [Arrow(f"{row}{t - 1}", f"{row}{t}") for row in ("state", "edited")]
    names = ("stage.text", "stage.edited", "stage.distance")
    stages = [Stage(row, Label(name)) for row, name in enumerate(names)] if shown else []
    changed = next((t for t in range(1, shown + 1) if text.ids[t - 1] != edited.ids[t - 1]), 1)
    start = (f"edited{changed}", 0, 0) if shown else None
    return Diagram(grids, arrows, frames, steps, FULL, start, stages)


def step_diagram(text: Unrolled, t: int, frames: Frames, steps: list[int]) -> Diagram:
    """One step written out like its formula, with what a matrix is multiplied by lying above it."""
    if not t:
        return Diagram([], [], frames, steps)
    H, d = text.states.shape[1], text.vectors.shape[1]

    def product(matrix: str, vector: str, size: int) -> str:
        return " + ".join(f"{{{matrix}:r,{i}}}·{{{vector}:0,{i}}}" for i in range(size)) + " = {self}"

    word, now, before = f"x{low(t)}", f"h{low(t)}", f"h{low(t - 1)}"
    grids = [
        Grid("x", (0, 0), title=f"{word} ({text.tokens[t - 1]})"),
        Grid("W_ih", (0, 1), title="W_ih"),
        Grid("input", (1, 1), title=f"W_ih·{word}", arithmetic=product("W_ih", "x", d)),
        Grid("b_ih", (2, 1), title="+ b_ih"),
        Grid("h", (3, 0), title=before),
        Grid("W_hh", (3, 1), title="W_hh"),
        Grid("memory", (4, 1), title=f"W_hh·{before}", arithmetic=product("W_hh", "h", H)),
        Grid("b_hh", (5, 1), title="+ b_hh"),
        Grid("sum", (6, 1), title=Label("title.sum"), arithmetic=Label("how.sum")),
        Grid("state", (7, 1), title=now, arithmetic="tanh({sum:r,0}) = {self}"),
    ]
    return Diagram(grids, [Arrow("sum", "state")], frames, steps, FULL, ("memory", 0, 0), turns=False)


def fade_chart(
    distances: Sequence[list[float]], numbers: Sequence[Mapping[str, float]], steps: list[int]
) -> Chart:
    """Distances by the number of words since a change, per frame: of one text, and of the test sentences."""
    own = [frame[:FOLLOWED] for frame in distances]
    mean = [[frame[f"change_{k}"] for k in range(FOLLOWED)] for frame in numbers]
    top = 1.3 * max(y for frame in (*own, *mean) for y in [*frame, 1e-9])
    style = {"mode": "lines+markers", "marker": {"size": 9}}
    frames = []
    for series in ({"recurrent": a, "baseline": b} for a, b in zip(own, mean, strict=True)):
        lines = [line(list(range(len(y))), y, name, **style) for name, y in series.items()]
        ends = {name: y[-1] for name, y in series.items() if y}
        # In the room above the lines: a margin for the names would leave a phone no room for them.
        names = end_labels(FOLLOWED - 0.9, ends, (0, top), "axis.distance")
        places = [{"y": [top * (0.95 - 0.09 * i)], "textposition": "middle left"} for i in range(len(names))]
        frames.append([*lines, *(name | place for name, place in zip(names, places, strict=True))])
    layout = {
        "xaxis": {"title": {"text": Label("axis.since")}, "range": [-0.2, FOLLOWED - 0.8], "dtick": 1},
        "yaxis": {"title": {"text": Label("axis.distance")}, "range": [0, top]},
    }
    return Chart(layout, frames, steps)
