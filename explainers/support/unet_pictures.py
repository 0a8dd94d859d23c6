"""Pictures of masks, their errors and feature maps. Numbers in, picture out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Label
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, colour
from explainers.support.unet_measure import CASES, REGIONS
from explainers.support.unet_nets import CHANNELS, LEVELS, SKIPS
from explainers.support.unet_reading import LEAD, Reading

# Each size twice as coarse, drawn a little larger, so that its pixels can be told apart.
PIXEL = (3, 4, 6, 8)
# How far a cell of down0 … down3 sees: its step in the picture, its size, where it begins.
FIELDS = ((1, 3, -1), (2, 8, -3), (4, 18, -7), (8, 38, -15))
SERIES = {
    "whole": "skip", "cut_fine": "cut", "cut_middle": "cut", "cut_coarse": "cut", "cut_all": "cut",
    "without": "without",
}  # fmt: skip
SHADES = {"edge": "truth", "inside": "positive", "background": "negative"}


def masks_diagram(readings: Sequence[Reading]) -> Diagram:
    """The scene and its true mask; what each net sees in it, and where that is wrong."""
    last = readings[-1]
    cut = bool(last.look.cut)
    heads = {
        "whole": Label("head.cut", skips=cut_label(last.look.cut)) if cut else Label("head.whole"),
        "without": Label(f"head.without_{last.lacks}"),
    }
    grids = [
        Grid("image", (0, 0), "ink", title=Label("image"), narrow=(0, 0)),
        Grid("truth", (0, 1), "ink", title=Label("truth"), narrow=(1, 0)),
    ]
    for column, name in enumerate(LEAD, start=1):
        grids += [
            Grid(f"found_{name}", (column, 0), "ink", title=heads[name], narrow=(column - 1, 1),
                 arithmetic=Label("how.found"), looks={"truth": (1, 1, 0), "image": (1, 1, 0)}),
            Grid(f"errors_{name}", (column, 1), "map", title=Label("errors"), scale=1.0, digits=0,
                 narrow=(column - 1, 2), arithmetic=Label(f"how.errors_{name}"),
                 looks={"truth": (1, 1, 0), "image": (1, 1, 0)}),
            Grid(f"score_{name}", (column, 2), "plain", columns=[Label("iou"), Label("iou_boundary")],
                 narrow=(column - 1, 3)),
        ]  # fmt: skip
    frames = []
    for reading in readings:
        frame: dict[str, Any] = {"image": last.image, "truth": last.truth}
        for name in LEAD:
            frame |= {f"found_{name}": reading.found[name], f"errors_{name}": reading.errors[name]}
            frame[f"score_{name}"] = [list(reading.scores[name])]
        frames.append(frame)
    return Diagram(grids, [], frames, [r.step for r in readings], 1.0, ("errors_whole", *middle(last)),
                   turns=False)  # fmt: skip


def middle(reading: Reading) -> tuple[int, int]:
    """A pixel of a digit: the first error, else the first of the mask, else the corner."""
    for places in (reading.errors["whole"], reading.truth):
        if len(found := np.argwhere(places)):
            r, c = found[len(found) // 2].tolist()
            return r, c
    return 0, 0


def cut_label(cut: Sequence[str]) -> Label:
    """What is cut, in words."""
    return Label("skips.all") if len(cut) == LEVELS else Label(f"skips.{'_'.join(cut)}")


def u_diagram(readings: Sequence[Reading]) -> Diagram:
    """The U: one channel of every feature map. Down on the left, up on the right, merged in the middle."""
    last = readings[-1]
    scale = {name: float(np.abs(value).max()) or 1.0 for name, value in last.maps.items()}

    def map_of(name: str, at: tuple[int, int], **more: Any) -> Grid:
        i = int(name[-1])
        title = Label(name[:-1], i=i, maps=CHANNELS[i])
        # On a phone there is room for the way down and for what is merged.
        narrow = (-1, -1) if name.startswith("up") else at
        return Grid(name, at, "map", title=title, pixel=PIXEL[i], scale=scale[name], narrow=narrow, **more)

    grids = [Grid("image", (0, 0), "ink", title=Label("image"), pixel=PIXEL[0], narrow=(0, 0))]
    arrows = [Arrow("image", "down0")]
    for i in range(LEVELS + 1):
        at = (0, i + 1) if i < LEVELS else (1, LEVELS + 1)
        how = Label("how.down" if i else "how.down0")
        look = {"image": FIELDS[i]}
        grids.append(map_of(f"down{i}", at, arithmetic=how, looks=look))
        if i:
            arrows.append(Arrow(f"down{i - 1}", f"down{i}"))
    for i in reversed(range(LEVELS)):
        below = f"merge{i + 1}" if i + 1 < LEVELS else f"down{LEVELS}"
        look = {f"down{i}": (1, 3, -1), f"up{i}": (1, 3, -1)}
        grids += [
            map_of(f"up{i}", (2, i + 1), arithmetic=Label("how.up")),
            map_of(f"merge{i}", (1, i + 1), arithmetic=Label("how.merge"), looks=look),
        ]
        arrows += [Arrow(below, f"up{i}"), Arrow(f"up{i}", f"merge{i}")]
        if SKIPS[i] not in last.look.cut:
            arrows.append(Arrow(f"down{i}", f"merge{i}", Label(f"skip.{SKIPS[i]}")))
    grids.append(Grid("found", (1, 0), "ink", title=Label("found"), pixel=PIXEL[0], narrow=(1, 0)))
    arrows.append(Arrow("merge0", "found"))
    frames = [{"image": last.image, **r.maps, "found": r.found["whole"]} for r in readings]
    middle = last.maps["down3"][1:-1, 1:-1]  # away from the border, where the outline is whole
    r, c = (int(i) + 1 for i in np.unravel_index(middle.argmax(), middle.shape))
    return Diagram(grids, arrows, frames, [r.step for r in readings], 1.0, ("down3", r, c), turns=False)


def pixel_diagram(readings: Sequence[Reading]) -> Diagram:
    """One number of the last 3 × 3 convolution: eight channels from the skip, eight from below."""
    last = readings[-1]
    r, c = last.look.row - 1, last.look.column - 1
    C = CHANNELS[0]
    rows = [Label("row.skip", n=n + 1) for n in range(C)] + [Label("row.below", n=n + 1) for n in range(C)]
    around = ["↖", "↑", "↗", "←", "·", "→", "↙", "↓", "↘"]
    products = " + ".join(f"{{x:r,{i}}}·({{w:r,{i}}})" for i in range(9))
    sums = " + ".join(f"({{each:{i},0}})" for i in range(2 * C))
    grids = [
        # A phone has no room for all x; the line below the picture names them.
        Grid("x", (0, 0), title="x", rows=rows, columns=around, span=(1, 2), narrow=(-1, -1),
             arithmetic=Label("how.x")),
        Grid("w", (1, 0), "hidden"),
        Grid("each", (2, 0), title="Σ x·w", rows=rows, columns=[""], span=(1, 2), narrow=(0, 1),
             arithmetic=f"{products} = {{self}}"),
        Grid("image", (3, 0), "ink", title=Label("image"), pixel=PIXEL[0], span=(3, 1), narrow=(0, 0)),
        Grid("bias", (3, 1), title="b", narrow=(0, 2), arithmetic=Label("how.bias")),
        Grid("total", (4, 1), title="Σ + b", narrow=(1, 2), arithmetic=f"{sums} + ({{bias:0,0}}) = {{self}}"),
        Grid("out", (5, 1), title="ReLU", narrow=(2, 2), arithmetic="max(0, {total:0,0}) = {self}"),
    ]  # fmt: skip
    seen = {"box": [c - 1, r - 1, c + 2, r + 2], "series": "skip"}  # the pixel and its neighbours
    still = {"image": last.image, "image/boxes": [seen]}
    frames = [still | {key: value.tolist() for key, value in r.terms.items()} for r in readings]
    return Diagram(grids, [Arrow("each", "total"), Arrow("total", "out")], frames,
                   [r.step for r in readings], 1.0, ("each", 0, 0), turns=False)  # fmt: skip


def overlap_chart(readings: Sequence[Reading]) -> Chart:
    """IoU of the whole mask and on the edge alone, for every case, on all test scenes."""
    frames = []
    for reading in readings:
        traces = []
        for key, opacity in (("iou", 0.45), ("iou_boundary", 1.0)):
            values = [reading.numbers[f"{key}_{case}"] for case in CASES]
            traces.append({
                "type": "bar", "orientation": "h", "x": values,
                "y": [Label(f"case.{case}") for case in CASES],
                "marker": {"color": [colour(SERIES[case]) for case in CASES], "opacity": opacity},
                "text": [Label("bar", value=value) for value in values],
                "textposition": "outside", "textfont": {"size": 13}, "cliponaxis": False,
                "name": Label(key), "hoverinfo": "skip",
            })  # fmt: skip
        frames.append(traces)
    layout = {
        "xaxis": {"title": {"text": Label("axis.iou")}, "range": [0, 1.1],
                  "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        "yaxis": {"autorange": "reversed", "title": {"text": ""}, "automargin": True},
        "barmode": "group", "bargap": 0.25, "height": 430, "margin": {"l": 8, "r": 10},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])


def error_chart(readings: Sequence[Reading]) -> Chart:
    """Where the wrong pixels are: along the edge, inside the digits, in the background."""
    cases = ("whole", "cut_all", "without")
    top = max(r.numbers[f"wrong_{case}"] for r in readings[1:] or readings for case in cases) * 1.25
    frames = []
    for reading in readings:
        traces: list[dict[str, Any]] = []
        for region in REGIONS:
            shares = [reading.numbers[f"{region}_{case}"] for case in cases]
            values = [s * reading.numbers[f"wrong_{case}"] for s, case in zip(shares, cases, strict=True)]
            traces.append({
                "type": "bar", "orientation": "h", "x": values,
                "y": [Label(f"case.{case}") for case in cases],
                "marker": {"color": colour(SHADES[region])}, "name": Label(f"region.{region}"),
                "text": [Label("share", name=Label(f"region.{region}"), share=s) if v > 0.2 * top else ""
                         for s, v in zip(shares, values, strict=True)],
                "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
                "constraintext": "none",
                "textfont": {"size": 13, "color": "var(--u-card)"}, "hoverinfo": "skip",
                "meta": {"table": [[Label(f"case.{case}"), Label(f"region.{region}"), Label("cell", share=s)]
                                   for s, case in zip(shares, cases, strict=True)]},
            })  # fmt: skip
        frames.append(traces)
    layout = {
        "xaxis": {"title": {"text": Label("axis.wrong")}, "range": [0, top], "tickformat": ".0%"},
        "yaxis": {"autorange": "reversed", "title": {"text": ""}, "automargin": True},
        "barmode": "stack", "bargap": 0.35, "height": 260, "margin": {"l": 8, "r": 10},
        "meta": {"table": ["", Label("axis.where"), Label("axis.share")]},
    }  # fmt: skip
    return Chart(layout, frames, [reading.step for reading in readings])
