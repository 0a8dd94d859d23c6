"""Charts of the detector: what it learns, precision and recall, two digits in one cell, sizes never seen."""

from collections.abc import Sequence

from explainers.support.contract import Label
from explainers.support.pictures import Chart, colour, curves, end_label, line
from explainers.support.yolo_reading import Reading, by_size
from explainers.support.yolo_scenes import SEEN, SIZES


def learning_chart(readings: Sequence[Reading]) -> Chart:
    """Mean average precision on the test scenes over the training, and the same when every name counts."""
    return curves(readings, {"ap50_any": "truth", "map50": "kept"}, "axis.map", (0, 1))


def loss_chart(readings: Sequence[Reading]) -> Chart:
    """The four parts of the loss over the training, on the test scenes."""
    parts = {"digit": "convolution", "objectness": "dense", "place": "within", "size": "cut"}
    top = 1.05 * max(reading.numbers[f"loss_{part}"] for reading in readings for part in parts)
    return curves(readings, {f"loss_{part}": name for part, name in parts.items()}, "axis.loss", (0, top))


def precision_chart(readings: Sequence[Reading]) -> Chart:
    """Precision over recall on the test scenes: each digit thin, all thick, the threshold a point."""
    reading = readings[-1]
    test = reading.on_all("test")
    traces = []
    for digit, (precision, recall) in enumerate(test.curves):
        name = Label("name.digit", digit=digit)
        traces.append(line(recall.tolist(), precision.tolist(), "suppressed", name=name, opacity=0.55,
                           line={"width": 1.5}))  # fmt: skip
    precision, recall = test.curve
    traces.append(line(recall.tolist(), precision.tolist(), "kept", name=Label("name.all")))
    here = test.recall(reading.confidence), test.precision(reading.confidence)
    traces.append({
        "type": "scatter", "mode": "markers", "x": [here[0]], "y": [here[1]], "cliponaxis": False,
        "name": Label("name.here"),
        "marker": {"size": 13, "color": colour("kept"), "line": {"width": 2, "color": "var(--u-card)"}},
    })  # fmt: skip
    # Words on a ground of their own, away from the point: behind them run ten lines.
    word = {
        "x": here[0], "y": here[1], "text": Label("here", confidence=reading.confidence),
        "ax": -70 if here[0] > 0.3 else 70, "ay": 70 if here[1] > 0.3 else -70, "arrowhead": 0, "standoff": 9,
        "arrowcolor": "var(--u-ink)", "bgcolor": "var(--u-card)", "font": {"size": 14},
    }  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": Label("axis.recall")}, "range": [0, 1.02]},
        "yaxis": {"title": {"text": Label("axis.precision")}, "range": [0, 1.05]},
        "annotations": [word],
    }
    return Chart(layout, [traces], [reading.step])


def pairs_chart(readings: Sequence[Reading]) -> Chart:
    """Pairs whose centres share a cell, and the same pairs in two cells: how many of the two are found."""
    reading = readings[-1]
    kinds = ("two_cells", "same_cell")  # the last one stands on top
    counts = {kind: reading.on_all(kind, named=False).counts(reading.confidence) for kind in kinds}
    parts = {2: 1.0, 1: 0.55, 0: 0.2}
    traces = []
    for found, strength in parts.items():
        shares = [counts[kind][found] / sum(counts[kind]) for kind in kinds]
        traces.append({
            "type": "bar", "orientation": "h", "y": [Label(f"kind.{kind}") for kind in kinds], "x": shares,
            "name": Label(f"found.{found}"), "textposition": "inside", "insidetextanchor": "middle",
            "text": [Label(f"bar.{found}", share=share) if share > 0.08 else "" for share in shares],
            "textfont": {"size": 14, "color": "var(--u-card)" if found == 2 else "var(--u-ink)"},
            "textangle": 0,
            "marker": {"color": colour("kept"), "opacity": strength},
        })  # fmt: skip
    layout = {
        "barmode": "stack", "bargap": 0.45,
        "xaxis": {"title": {"text": Label("axis.pairs")}, "range": [0, 1], "tickformat": ".0%",
                  "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        "yaxis": {"title": {"text": ""}, "tickfont": {"size": 14}}, "margin": {"r": 32},
    }  # fmt: skip
    return Chart(layout, [traces], [reading.step])


def sizes_chart(readings: Sequence[Reading]) -> Chart:
    """The share of digits that is found at every size, those of the training marked."""
    reading = readings[-1]
    found = by_size(reading.on_all("sizes"), reading.confidence)
    traces = [
        line(list(SEEN), [1.1, 1.1], "truth", line={"width": 8}),
        end_label(SEEN[1], 1.1, Label("seen"), "truth", name=Label("seen"), meta={"table": []}),
        line(list(SIZES), found, "kept", mode="lines+markers", marker={"size": 9}, cliponaxis=False,
             name=Label("name.found")),
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": Label("axis.size")}, "range": [8, 74]},
        "yaxis": {"title": {"text": Label("axis.found")}, "range": [-0.03, 1.17],
                  "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1]},
    }  # fmt: skip
    return Chart(layout, [traces], [reading.step])
