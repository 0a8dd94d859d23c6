"""Pictures as plain data: a chart for Plotly, a diagram of grids of real numbers. Numbers in, picture out.

Words on a picture are :class:`~explainers.support.contract.Label` (looked up per language) or plain strings
(the visitor's own words). Colours are ``var(--u-…)`` names, so that one picture serves both themes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log10
from typing import Any, Literal

from explainers.support.contract import Label
from explainers.support.measured import Measured
from explainers.support.palette import SERIES as SERIES
from explainers.support.palette import apart as apart
from explainers.support.palette import bytes_label as bytes_label
from explainers.support.palette import colour as colour
from explainers.support.palette import label_of as label_of
from explainers.support.palette import low as low

PIXELS = ("ink", "map")  # kinds of grids of thousands of numbers
SHARES = ("axis.accuracy", "axis.base_accuracy", "axis.right", "axis.share")  # axes from 0 to 100 %


@dataclass(frozen=True)
class Chart:
    """A Plotly picture with one frame per checkpoint.

    ``layout`` is Plotly's, the same for all frames, so that axes stay fixed while scrubbing. ``frames``
    holds the traces of each checkpoint, ``steps`` the optimiser step of each frame. One frame: no scrubber.
    A trace whose coordinates are not what was measured has the rows of its table in ``meta["table"]``, the
    layout has their heads there; ``meta["narrow"]`` of either is what it has instead on a phone.
    ``opens_first``: on arrival it shows the first frame, not the last. ``stands_for``: what its axes
    mean beyond their titles (a record, sentences); another run is drawn over it where that is the same.
    """

    layout: dict[str, Any]
    frames: list[list[dict[str, Any]]]
    steps: list[int]
    opens_first: bool = False
    stands_for: tuple[Any, ...] = ()


def line(x: Sequence[Any], y: Sequence[Any], series: str, **more: Any) -> dict[str, Any]:
    """One line in its series' colour; ``more`` is Plotly's."""
    style = {"color": colour(series), "width": 3, **more.pop("line", {})}
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": style,
        "name": label_of(series),
        **more,
    }


def level_line(ends: tuple[float, float], value: float | None, series: str) -> dict[str, Any]:
    """A dotted line at the height of ``value``, from one end of the picture to the other, to compare with."""
    return line(list(ends), [value, value], series, line={"dash": "dot", "width": 2})


def curves(
    readings: Sequence[Measured],
    series: Mapping[str, str],
    axis: str,
    bounds: tuple[float, float],
    level: tuple[str, float] | None = None,
) -> Chart:
    """What was measured over the training, one line per series, each labelled where it ends.

    Args:
        readings: one per checkpoint, with ``step``, ``of`` and ``numbers``.
        series: the name of the number → the series whose colour and label it has.
        axis: key of the vertical axis's label.
        bounds: of the vertical axis, the same while scrubbing.
        level: a series and a value for a dotted line to compare with (chance).

    """
    of, readings = readings[-1].of, list(readings)
    frames = []
    for count in range(1, len(readings) + 1):
        upto = readings[:count]
        x = [reading.step for reading in upto]
        ends = {name: upto[-1].numbers[key] for key, name in series.items()}
        traces = [line(x, [r.numbers[key] for r in upto], name) for key, name in series.items()]
        if level:
            ends[level[0]] = level[1]
            traces.append(level_line((0, of), level[1], level[0]))
        frames.append([*traces, *end_labels(of, ends, bounds, axis)])
    layout = {
        "xaxis": {"title": {"text": Label("axis.step")}, "range": [0, of]},
        "yaxis": upward(axis, bounds),
        "margin": {"r": 164},
    }
    return Chart(layout, frames, [reading.step for reading in readings])


def sweep_curves(
    values: Sequence[float],
    readings: Sequence[Measured],
    series: Mapping[str, str],
    axes: tuple[str, str],
    bounds: tuple[float, float],
    level: tuple[str, float] | None = None,
    log: bool = False,
) -> Chart:
    """What was measured at the end of several runs, against the control that differs between them.

    Args:
        values: of the control, one per run, rising.
        readings: of the last checkpoint of each run, with ``numbers``.
        series: the name of the number → the series whose colour and label it has.
        axes: keys of the horizontal and the vertical axis's labels.
        bounds: of the vertical axis.
        level: a series and a value for a dotted line to compare with (chance).
        log: whether the control runs over powers of ten.

    """
    traces = [
        line(
            list(values),
            [r.numbers[key] for r in readings],
            name,
            mode="lines+markers",
            marker={"size": 9},
            cliponaxis=False,
        )
        for key, name in series.items()
    ]
    ends = {name: readings[-1].numbers[key] for key, name in series.items()}
    if level:
        ends[level[0]] = level[1]
        traces.append(level_line((values[0], values[-1]), level[1], level[0]))
    # The axis ends just behind the last value, so that no line of the grid runs through the words there.
    low, high = ((log10(v) if log else v) for v in (values[0], values[-1]))
    low, high = low - 0.03 * (high - low), high + 0.015 * (high - low)
    layout = {
        "xaxis": {
            "title": {"text": Label(axes[0])},
            "type": "log" if log else "linear",
            **({"range": [low, high]} if high > low else {}),
            **({"tickvals": list(values)} if log else {}),
        },
        "yaxis": upward(axes[1], bounds),
        "margin": {"r": 176},
    }
    labels = end_labels(10**high if log else high, ends, bounds, axes[1])
    return Chart(layout, [[*traces, *labels]], [0])


def upward(axis: str, bounds: Sequence[float]) -> dict[str, Any]:
    """A vertical axis; one of shares counts in percent, as the sentences do."""
    percent = {"tickformat": ".0%", "hoverformat": ".1%"} if axis in SHARES else {}
    return {"title": {"text": Label(axis)}, "range": list(bounds), **percent}


def end_of(axis: str) -> str:
    """The words at the end of a line over this axis: the key of a label with ``series`` and ``value``."""
    return "end.share" if axis in SHARES else "end"


def end_labels(
    x: float, ends: Mapping[str, float], bounds: tuple[float, float], axis: str
) -> list[dict[str, Any]]:
    """Names and values where series end, at ``x``, none over another; ``axis``: the vertical label's key."""
    places = apart(ends, bounds)
    return [
        end_label(x, places[name], Label(end_of(axis), series=label_of(name), value=end), name)
        for name, end in ends.items()
    ]


def end_label(x: float, y: float, words: Label, series: str, **more: Any) -> dict[str, Any]:
    """Words beside the end of a line, in its series' colour; ``more`` is Plotly's."""
    return {
        "type": "scatter", "mode": "text", "x": [x], "y": [y], "hoverinfo": "skip", "text": [words],
        "textposition": "middle right", "textfont": {"color": colour(series), "size": 14},
        "cliponaxis": False, "name": label_of(series), **more,
    }  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """One block of cells of a diagram.

    ``at`` is (column, row) of the diagram's layout; reading goes along columns. ``span``: over how many
    of its (columns, rows). ``kind`` decides the colours: ``signed`` diverges around zero, ``binary``
    marks ones among zeros, ``plain`` has no colour (ids, counts), ``word`` holds text, ``share`` is a
    number from 0 to 1 drawn as a percentage with a bar; ``hidden`` is not drawn, its numbers are there
    for the arithmetic. ``rows`` and ``columns`` are words beside and above the cells.

    Two kinds are for thousands of numbers, each a small square without words, drawn on one canvas:
    ``ink`` is a picture from 0 (paper) to 1 (ink), ``map`` diverges around zero like ``signed`` and has
    full colour at ``scale`` (default: the diagram's). ``pixel`` is the side of a square in CSS pixels; on
    a narrow screen a picture that is too wide for its row is drawn smaller. The numbers are a 2-D array,
    the same shape in every frame, and travel with 16 bits each. Over them stand boxes:
    ``frames[k]["NAME/boxes"]`` is a list of ``{"box": [x0, y0, x1, y1], "series": …, "label": …,
    "dashed": …, "cell": [grid, r, c] or None}``, edges in pixels, all but ``box`` and ``series`` may be
    left out; a box whose ``cell`` is the touched one is thick. ``cell`` may be a list of such; a box that is
    ``quiet`` is there only while it is thick.

    ``looks`` is where a cell looks: ``{"input": (stride, size, offset)}`` outlines in the pixel grid
    ``input`` the rows from r · stride + offset on, as many as ``size``, and the columns alike: the
    receptive field.

    ``arithmetic`` is a template shown for the touched cell: ``{self}`` is its value, ``{r}`` and ``{c}``
    its row and column counted from 0, ``{other:r,c}`` the value in grid ``other`` at that row and column,
    where r and c may also be plain numbers or sums such as ``r+1``, ``2r-1``, ``c/2`` (rounded down).
    Outside of a pixel grid that value is 0, as around a padded picture. A term between backquotes,
    ``word|number``, stands as one above the other. ``step`` is the place in time: all that has the
    touched one's stands out, later ones fade.

    ``digits``: how many behind the point. ``sign``: whether numbers above zero are written with a plus.
    ``still``: a map of places, which stays as it is where a diagram is turned, with its title above.

    ``against`` names another grid: cells that differ from its are marked, and a grid without any fades.
    ``narrow`` is the place, (column, row), on a screen too narrow for ``at`` (default: turned by 90
    degrees); a negative one: not drawn there.
    """

    name: str
    at: tuple[int, int]
    kind: Literal["signed", "binary", "plain", "word", "share", "hidden", "ink", "map"] = "signed"
    title: str = ""
    caption: str = ""
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    arithmetic: str = ""
    step: int | None = None
    digits: int = 2
    sign: bool = True
    still: bool = False
    against: str = ""
    narrow: tuple[int, int] | None = None
    pixel: int = 4
    scale: float | None = None
    looks: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    span: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Arrow:
    """An arrow between two grids, by their names, with a word on it (``W_hh``).

    Where its end has a ``step``, the word is there while that step is touched: not once for every step.
    """

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Stage:
    """A title in the margin beside one row of the diagram's layout; ``href`` makes it a link.

    Where no row with a title has a grid in the first column, the titles stand there instead.
    """

    row: int
    title: str
    href: str = ""


@dataclass(frozen=True)
class Walk:
    """A second scrubber under a diagram, through grids instead of checkpoints, in the browser.

    ``stops`` holds (grid name, what the scrubber says there), ``play`` is the name of its play button.
    """

    title: str
    play: str
    stops: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Diagram:
    """Grids, arrows, and the numbers of every frame.

    ``frames[k][name]`` is the 2-D list of cells (rows of columns) of grid ``name`` at checkpoint k: floats,
    ints, strings, or None for a gap that is drawn as an ellipsis; a pixel grid has an array. ``scale`` is the
    absolute value at which a signed cell has full colour: one scale per picture, so that colours do not jump
    while scrubbing. ``turns``: whether it may be turned by 90 degrees where it is too wide; a matrix may not,
    it scrolls.
    ``traced``: what stands out with the touched grid is all that it was made from, along the arrows, and not
    all that comes before it in time: what is read in two directions has no one time.
    """

    grids: list[Grid]
    arrows: list[Arrow]
    frames: Sequence[Mapping[str, Any]]
    steps: list[int]
    scale: float = 1.0
    start_cell: tuple[str, int, int] | None = None
    stages: list[Stage] = field(default_factory=list)
    walk: Walk | None = None
    turns: bool = True
    traced: bool = False
