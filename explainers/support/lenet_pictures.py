"""The pictures of the page on LeNet-5. Numbers in, picture out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.digits import CLASSES
from explainers.support.lenet_digits import unseen
from explainers.support.lenet_hand import kernels
from explainers.support.lenet_measure import FAR
from explainers.support.lenet_net import KERNEL, TABLE
from explainers.support.lenet_reading import Reading
from explainers.support.pictures import (
    Arrow,
    Chart,
    Diagram,
    Grid,
    apart,
    end_label,
    end_labels,
    end_of,
    level_line,
    line,
    upward,
)

FULL = 1.7  # a feature map ends at ±1.7159
SHOWN = 12  # digits of a pair that are shown
TILE = 14  # pixels of a digit in the table of confusions
FRAMES = 10
ROWS = 24  # lines of the layout, so that six maps and eight share one height
# Where each layer stands, how many maps stand side by side, pixels of the screen per number, and on a
# narrow screen: how many side by side, from which line on.
PLACES = {"C1": (1, 1, 2, 3, 1), "S2": (2, 1, 3, 3, 3), "C3": (3, 2, 4, 4, 5), "S4": (5, 2, 5, 4, 9)}
MAPS = {"C1": 6, "S2": 6, "C3": 16, "S4": 16}
# (stride, size, offset) in the pixels of the digit: the receptive field of a unit.
FIELDS = {"C1": (1, 5, 0), "S2": (2, 6, 0), "C3": (2, 14, 0), "S4": (4, 16, 0)}
WHOLE = {"input": (0, 32, 0)}
COLUMNS = {"C5": 6, "F6": 6}  # 120 and 84 numbers in lines of six
KINDS = {"lenet": "convolution", "dense": "dense"}


def shown(readings: Sequence[Reading]) -> list[Reading]:
    """At most ten readings, evenly, with the first and the newest: maps have many numbers."""
    last = len(readings) - 1
    frames = min(FRAMES, len(readings))
    return [readings[round(i * last / max(1, frames - 1))] for i in range(frames)]


def steps_of(readings: Sequence[Reading]) -> list[int]:
    """The steps of the frames."""
    return [reading.step for reading in readings]


# -- the network ------------------------------------------------------------------------------------------


def layers_diagram(readings: Sequence[Reading]) -> Diagram:
    """The digit on the left, then every layer, then ten shares."""
    grids = [Grid("input", (0, 0), "ink", title=Label("title.input"), pixel=4, span=(1, ROWS), narrow=(0, 0),
                  arithmetic=Label("how.input"))]  # fmt: skip
    for layer, count in MAPS.items():
        grids += [map_grid(layer, k) for k in range(count)]
    for layer, at in (("C5", 7), ("F6", 8)):
        grids.append(
            Grid(layer, (at, 0), "map", title=layer, pixel=8, span=(1, ROWS), looks=WHOLE,
                 narrow=(0 if layer == "C5" else 2, 13), arithmetic=Label(f"how.{layer}"))
        )  # fmt: skip
    grids.append(
        Grid("output", (9, 0), "share", title=Label("title.output"), rows=[str(i) for i in range(CLASSES)],
             step=0, span=(1, ROWS), looks=WHOLE, narrow=(0, 14), arithmetic=Label("how.output"))
    )  # fmt: skip
    names = hidden(readings[-1])
    grids += [Grid(name, (0, 0), "hidden") for name in names]
    found = [frame(reading) | hidden(reading) for reading in shown(readings)]
    for one in found:  # the digit itself is sent once
        one["input"] = found[-1]["input"]
    start = ("C3_0", 4, 4)
    arrows = [Arrow("C5", "F6"), Arrow("F6", "output")]
    return Diagram(grids, arrows, found, steps_of(shown(readings)), FULL, start, turns=False)


def map_grid(layer: str, k: int) -> Grid:
    """One map of a layer: where it stands, and what it says of a touched unit."""
    column, beside, pixel, narrow, line_ = PLACES[layer]
    lines = -(-MAPS[layer] // beside)  # maps one above the other
    at = (column + k // lines, ROWS // lines * (k % lines))
    title = layer if k == 0 else "\u00a0" if k % lines == 0 else ""
    looks = {"input": FIELDS[layer]}
    if layer in ("S2", "S4"):
        looks[f"{'C1' if layer == 'S2' else 'C3'}_{k}"] = (2, 2, 0)
    if layer == "C3":
        looks |= {f"S2_{i}": (1, KERNEL, 0) for i in TABLE[k]}
    if layer == "C1":
        terms = [
            f"{{input:r+{i},c+{j}}}·{{w_C1:{KERNEL * k + i},{j}}}"
            for i in range(KERNEL)
            for j in range(KERNEL)
        ]
        how: str = Label("how.C1", terms=" + ".join(terms), k=k)
    elif layer == "C3":
        how = Label("how.C3", k=k, n=len(TABLE[k]), products=25 * len(TABLE[k]), from_=10 * k)
    else:
        how = Label("how.S", layer=layer, of=f"{'C1' if layer == 'S2' else 'C3'}_{k}", k=k)
    return Grid(
        f"{layer}_{k}", at, "map", title=title, pixel=pixel, span=(1, ROWS // lines), looks=looks,
        narrow=(k % narrow, line_ + k // narrow), arithmetic=how,
    )  # fmt: skip


def frame(reading: Reading) -> dict[str, Any]:
    """What is drawn of one reading."""
    maps = reading.walk.maps
    found: dict[str, Any] = {"input": reading.x.astype(np.float32)}
    for layer, count in MAPS.items():
        found |= {f"{layer}_{k}": maps[layer][k] for k in range(count)}
    found |= {layer: maps[layer].reshape(-1, columns) for layer, columns in COLUMNS.items()}
    found["output"] = np.round(reading.walk.shares, 4)[:, None].tolist()
    return found


def hidden(reading: Reading) -> dict[str, Any]:
    """The numbers that only the arithmetic needs: kernels, weights, biases, and sums before the squashing."""
    weights, sums = reading.weights, reading.walk.sums
    first = kernels(weights, "C1")
    found: dict[str, Any] = {"w_C1": first.reshape(-1, KERNEL)}  # one kernel under the other
    # One map under the other: 16 grids would each have a head of their own.
    found["sum_C3"] = (sums["C3"] - weights["C3.bias"][:, None, None]).reshape(-1, sums["C3"].shape[-1])
    for layer in MAPS:
        found[f"b_{layer}"] = weights[f"{layer}.bias"][:, None]
    for layer in ("S2", "S4"):
        found[f"w_{layer}"] = weights[f"{layer}.weight"][:, None]
    for layer, columns in COLUMNS.items():
        found[f"b_{layer}"] = weights[f"{layer}.bias"].reshape(-1, columns)
        found[f"sum_{layer}"] = sums[layer].reshape(-1, columns) - found[f"b_{layer}"]
    found["logit"] = reading.walk.logits[:, None]
    return found


# -- one cell by hand -------------------------------------------------------------------------------------


def cell_diagram(readings: Sequence[Reading]) -> Diagram:
    """What lies under the kernel, the kernel, their products, for every map that the cell looks at."""
    last = readings[-1]
    layer, k, r, c = last.place
    below = "" if layer == "C1" else "S2"
    grids, frames = [], []
    for line_, (i, _, _) in enumerate(last.under):
        name = Label("title.under", map=i + 1) if below else Label("title.pixels")
        grids += [
            Grid(f"x{i}", (0, line_), title=name),
            Grid(f"w{i}", (1, line_), title=Label("title.kernel")),
            Grid(f"p{i}", (2, line_), title=Label("title.products"),
                 arithmetic=f"{{x{i}:r,c}} · {{w{i}:r,c}} = {{self}}"),
        ]  # fmt: skip
    grids += [
        Grid("sum", (3, 0), title=Label("title.sum"),
             arithmetic=Label("how.sum", n=25 * len(last.under))),
        Grid("bias", (4, 0), title=Label("title.bias")),
        Grid("out", (5, 0), title=Label("title.out", layer=layer, k=k + 1, r=r + 1, c=c + 1),
             arithmetic=Label("how.out")),
    ]  # fmt: skip
    for reading in shown(readings):
        numbers = reading.by_hand
        one: dict[str, Any] = {}
        for i, x, w in reading.under:
            one |= {f"x{i}": x.tolist(), f"w{i}": w.tolist(), f"p{i}": (x * w).tolist()}
        frames.append(one | {name: [[numbers[name]]] for name in ("sum", "bias", "out")})
    first, x, w = last.under[0]
    most = np.unravel_index(np.abs(x * w).argmax(), x.shape)  # where most is added
    arrows = [Arrow("sum", "bias", "+"), Arrow("bias", "out", "f")]
    start = (f"p{first}", int(most[0]), int(most[1]))
    return Diagram(grids, arrows, frames, steps_of(shown(readings)), 1.0, start, turns=False)


# -- which digit is taken for which -----------------------------------------------------------------------


def confusion_diagram(readings: Sequence[Reading]) -> Diagram:
    """Counts for every pair; beside them one such digit each; below, the digits of the chosen pair."""
    last = readings[-1]
    true, taken = last.pair
    of_pair = last.of_pair(true, taken)
    names = [str(i) for i in range(CLASSES)]
    title = Label("title.pair", true=true, taken=taken, count=len(of_pair), shown=min(SHOWN, len(of_pair)))
    grids = [
        Grid("counts", (0, 0), "plain", title=Label("title.counts"), rows=names, columns=names,
             arithmetic=Label("how.counts", n=len(last.answers)), looks={"examples": (TILE, TILE, 0)},
             narrow=(0, 0)),
        Grid("examples", (1, 0), "ink", title=Label("title.examples"), pixel=2, narrow=(0, 1)),
        Grid("pair", (0, 1), "ink", title=title, pixel=2, span=(2, 1), narrow=(0, 2)),
    ]  # fmt: skip
    still = {"examples": examples(last), "pair": strip(of_pair[:SHOWN])}
    counted = {**still, "counts": last.confusion.tolist()}
    start = ("counts", *last.most_confused[:2])
    return Diagram(grids, [], [counted], [last.step], 1.0, start, turns=False)


def examples(reading: Reading) -> Array:
    """For every pair the first digit of it, as small as two by two pixels made one: (140, 140)."""
    pairs, first = np.unique(reading.pairs, return_index=True)  # (P,) each
    squares = unseen().images.numpy()[first].reshape(-1, TILE, 2, TILE, 2)
    whole = np.zeros((CLASSES * CLASSES, TILE, TILE), np.float32)
    whole[pairs] = squares.mean(axis=(2, 4))
    rows = whole.reshape(CLASSES, CLASSES, TILE, TILE).swapaxes(1, 2)  # true, row, taken, column
    return rows.reshape(CLASSES * TILE, CLASSES * TILE)


def strip(numbers: Array) -> Array:
    """Test digits side by side: (28, 28 · 12)."""
    images = unseen().images.numpy()
    whole = np.zeros((28, SHOWN, 28), np.float32)
    for place, number in enumerate(numbers):
        whole[:, place] = images[number]
    return whole.reshape(28, SHOWN * 28)


# -- charts -----------------------------------------------------------------------------------------------


def accuracy_chart(readings: Sequence[Reading]) -> Chart:
    """Four lines: colour says which network, a dashed line that its pixels are permuted."""
    of, frames = readings[-1].of, []
    chosen = shown(readings)
    for count in range(1, len(chosen) + 1):
        upto, traces, ends = chosen[:count], [], {}
        for net, series in KINDS.items():
            for kind in ("", "_permuted"):
                y = [r.numbers[f"accuracy_{net}{kind}"] for r in upto]
                style = {"dash": "dash" if kind else "solid"}
                traces.append(line([r.step for r in upto], y, series, line=style, name=word(net + kind)))
                ends[net + kind] = y[-1]
        frames.append([*traces, *named(of, ends, (0.5, 1.0))])
    layout = {
        "xaxis": {"title": {"text": Label("axis.step")}, "range": [0, of]},
        "yaxis": upward("axis.accuracy", (0.5, 1.0)),
        "margin": {"r": 190},
    }
    return Chart(layout, frames, steps_of(chosen))


def word(net: str) -> Label:
    """The page's word for one of the four networks."""
    return Label(f"series.{net}")


def named(x: float, ends: Mapping[str, float], bounds: tuple[float, float]) -> list[dict[str, Any]]:
    """The four networks' names and values at the ends of their lines, apart from one another."""
    places = apart(ends, bounds)
    return [
        end_label(x, places[net], Label(end_of("axis.accuracy"), series=word(net), value=end),
                  KINDS[net.removesuffix("_permuted")], name=word(net))
        for net, end in ends.items()
    ]  # fmt: skip


def shift_chart(readings: Sequence[Reading]) -> Chart:
    """Right answers against the length of a shift; measured when the training is done."""
    last = readings[-1]
    x = list(range(FAR + 1))
    lines = {series: [last.numbers.get(f"shift_{net}_{by}") for by in x] for net, series in KINDS.items()}
    style = {"mode": "lines+markers", "marker": {"size": 9}, "cliponaxis": False}
    traces = [line(x, y, series, **style) for series, y in lines.items()]
    traces.append(level_line((0, FAR), 1 / CLASSES, "chance"))
    ends = {series: y[-1] for series, y in lines.items() if y[-1] is not None} | {"chance": 1 / CLASSES}
    layout = {
        "xaxis": {"title": {"text": Label("axis.shift")}, "range": [0, FAR + 0.2], "dtick": 1},
        "yaxis": upward("axis.accuracy", (0, 1)),
        "margin": {"r": 150},
    }
    return Chart(layout, [[*traces, *end_labels(FAR + 0.2, ends, (0, 1), "axis.accuracy")]], [last.step])


def seeds_chart(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """The four accuracies of every seed."""
    traces, ends = [], {}
    for net, series in KINDS.items():
        for kind in ("", "_permuted"):
            y = [r.numbers[f"accuracy_{net}{kind}"] for r in readings]
            traces.append(
                line(list(values), y, series, mode="lines+markers", marker={"size": 9}, cliponaxis=False,
                     line={"dash": "dash" if kind else "solid"}, name=word(net + kind))
            )  # fmt: skip
            ends[net + kind] = y[-1]
    bounds = (0.8, 1.0)
    layout = {
        "xaxis": {"title": {"text": Label("axis.seed")}, "dtick": 1},
        "yaxis": upward("axis.accuracy", bounds),
        "margin": {"r": 190},
    }
    return Chart(layout, [[*traces, *named(float(values[-1]) + 0.1, ends, bounds)]], [0])
