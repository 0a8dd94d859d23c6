"""MiniLM in pictures: a word's vectors layer by layer, pieces, one head's attention, an edit, learning."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainers.support.bert_reading import Look
from explainers.support.contract import Label
from explainers.support.pictures import (
    Chart,
    Diagram,
    Grid,
    Stage,
    colour,
    end_labels,
    label_of,
    level_line,
    line,
    upward,
)

SHOWN = 12  # pieces on a picture
FAINT = 0.03  # weights below it are not drawn as a line


def similarity_chart(look: Look) -> Chart:
    """The cosine of the word's vectors in both sentences, layer by layer; GloVe's, dotted."""
    layers = list(range(len(look.similarities)))
    similar = [None if value != value else float(value) for value in look.similarities]
    low = min([0.0, *(value for value in similar if value is not None)])
    bounds = (low - 0.02, 1.12)
    traces: list[dict[str, Any]] = []
    ends: dict[str, float] = {}
    if look.known:
        traces.append(level_line((0, layers[-1]), look.static, "embedding"))
        ends["embedding"] = look.static
    if similar[-1] is not None:
        style: dict[str, Any] = {
            "mode": "lines+markers+text",
            "marker": {"size": 10},
            "textposition": "bottom center",
        }
        values = [*(Label("value", value=value) for value in similar[:-1]), ""]  # the last stands at the end
        style |= {"text": values, "textposition": "bottom center"}
        style |= {"textfont": {"size": 13, "color": colour("forward")}}
        traces.append(line(layers, similar, "forward", **style))
        ends["forward"] = similar[-1]
    layout = {
        "xaxis": {"title": {"text": Label("axis.layer")}, "range": [-0.4, layers[-1] + 0.4], "dtick": 1},
        "yaxis": {"title": {"text": Label("axis.cosine")}, "range": list(bounds)},
    }
    # Inside: a margin for the names would leave a phone no room. GloVe's above its line, MiniLM's below.
    named = end_labels(layers[-1], ends, bounds, "axis.cosine")
    for label, (series, value) in zip(named, ends.items(), strict=True):
        label["text"] = [Label("end_cosine", series=label_of(series), value=value)]
        label |= {"y": [value + (0.06 if series == "embedding" else -0.09)], "textposition": "middle left"}
    return Chart(layout, [[*traces, *named]], [0])


def senses_chart(numbers: Mapping[str, float], language: str) -> Chart:
    """Mean cosines of a word in sentence pairs that differ in the cue: same meaning, and another."""
    count = sum(key.startswith(f"{language}_same_") for key in numbers) - 1  # without the number of pairs
    bounds, layers, traces, ends = (0.85, 1.01), list(range(count)), [], {}
    for series, kind in {"within": "same", "across": "other"}.items():
        values = [numbers[f"{language}_{kind}_{layer}"] for layer in layers]
        traces.append(line(layers, values, series, mode="lines+markers", marker={"size": 8}))
        ends[series] = values[-1]
    layout = {
        "xaxis": {"title": {"text": Label("axis.layer")}, "range": [-0.2, count - 0.8], "dtick": 1},
        "yaxis": {"title": {"text": Label("axis.cosine")}, "range": list(bounds)},
        "margin": {"r": 150},
    }
    return Chart(layout, [[*traces, *end_labels(layers[-1], ends, bounds, "axis.cosine")]], [0])


def pieces_diagram(look: Look) -> Diagram:
    """The pieces of both sentences as the model reads them."""
    grids, frame = [], {}
    for row, (name, one) in enumerate(zip(("first", "second"), look.sides, strict=True)):
        for place, piece in enumerate(one.pieces[: SHOWN + 2]):
            title = Label("title.the_word") if place in one.at else ""
            grids.append(Grid(f"{name}{place}", (place, row), "word", title=title, narrow=(row, place),
                              arithmetic=Label("how.piece", place=place)))  # fmt: skip
            frame[f"{name}{place}"] = [[piece]]
    stages = [Stage(row, Label(f"stage.{name}")) for row, name in enumerate(("first", "second"))]
    return Diagram(grids, [], [frame], [0], stages=stages)


def attention_lines(look: Look) -> Chart:
    """One head as lines: from each piece, on the left, to those that it looks at; the thicker, the more."""
    head, T = look.head, min(SHOWN, len(look.head.pieces))
    asked = min(head.asks, T - 1)
    traces = []
    for row in [*(r for r in range(T) if r != asked), asked]:
        for column in range(T):
            weight = float(head.weights[row, column])
            if weight >= FAINT:
                series = "embedding" if row == asked else "baseline"
                style = {"width": 1 + 7 * weight, "color": colour(series)}
                opacity = (0.25 + 0.75 * weight) * (1.0 if row == asked else 0.45)
                traces.append(
                    line([0, 1], [-row, -column], series, line=style, opacity=opacity, hoverinfo="skip",
                         meta={"table": [[head.pieces[row], head.pieces[column], weight]]})
                )  # fmt: skip
    for x, side in ((0, "middle left"), (1, "middle right")):
        for place in range(T):
            series = "embedding" if x == 0 and place == asked else "ids"
            traces.append({
                "type": "scatter", "mode": "text", "x": [x], "y": [-place],
                "text": [f"\u00a0{head.pieces[place]}\u00a0"],
                "textposition": side, "textfont": {"size": 15, "color": colour(series)}, "hoverinfo": "skip",
                "cliponaxis": False, "meta": {"table": []},
            })  # fmt: skip
    hidden = {"visible": False, "fixedrange": True}
    layout = {
        "xaxis": {**hidden, "range": [-0.6, 1.6]},
        "yaxis": {**hidden, "range": [-T + 0.4, 1.0]},
        "meta": {"table": [Label("head.asks"), Label("head.asked"), Label("head.weight")]},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "annotations": [
            {"x": x, "y": 0.8, "text": Label(key), "showarrow": False, "font": {"size": 13}}
            for x, key in ((0, "head.asks"), (1, "head.asked"))
        ],
    }
    return Chart(layout, [traces], [0], stands_for=tuple(head.pieces[:T]))


def attention_matrix(look: Look) -> Diagram:
    """The same head as a matrix: a row of weights for each piece that asks, and what the row adds up to."""
    head, T = look.head, min(SHOWN, len(look.head.pieces))
    pieces, every = head.pieces[:T], len(head.pieces)
    largest = head.scores.max(axis=1, keepdims=True)  # (T, 1), taken off so that no power is huge
    powers = np.exp((head.scores - largest).astype(np.float64))  # (T, T)
    sums = head.weights.astype(np.float64).sum(axis=1, keepdims=True)  # (T, 1)
    added = " + ".join(f"{{weights:r,{c}}}" for c in range(T)) + (" + …" if every > T else "")
    grids = [
        Grid("weights", (0, 0), title=Label("title.weights"), rows=pieces, columns=pieces,
             arithmetic=Label("how.weight")),
        Grid("sums", (1, 0), "plain", title=Label("title.sums"), columns=[" "], digits=3,
             arithmetic=f"{added} = {{self}}"),
        *(Grid(name, (0, 0), "hidden") for name in ("scores", "largest", "powers", "totals")),
    ]  # fmt: skip
    frame = {
        "weights": head.weights[:T, :T], "sums": sums[:T], "scores": head.scores[:T, :T],
        "largest": largest[:T], "powers": powers[:T, :T],
        "totals": powers.sum(axis=1, keepdims=True)[:T],
    }  # fmt: skip
    start = ("weights", min(head.asks, T - 1), int(head.weights[min(head.asks, T - 1), :T].argmax()))
    frames = [{name: values.tolist() for name, values in frame.items()}]
    return Diagram(grids, [], frames, [0], 1.0, start, turns=False)


def edit_matrix(look: Look) -> Diagram:
    """How far an edit moved the vector of every word, a row for each layer, the last on top."""
    moved, words = look.edit.moved, look.edit.words[: SHOWN + 1]
    top = len(moved) - 1
    rows = [Label("row.layer", layer=layer) for layer in range(top, -1, -1)]
    named = [*words]
    if look.edit.at and look.edit.at < len(named):
        named[look.edit.at] = f"{look.edit.old} → {look.edit.new}"
    how = Label("how.moved")
    grid = Grid("moved", (0, 0), title=Label("title.moved"), rows=rows, columns=named, arithmetic=how)
    frame = {"moved": moved[::-1, : len(named)].tolist()}
    others = np.delete(moved, look.edit.at, axis=1)  # the edited word itself moves furthest, in any case
    start = ("moved", top, min(look.edit.at, len(named) - 1))
    return Diagram([grid], [], [frame], [0], float(others.max()) or 1.0, start, turns=False)


def learning_chart(numbers: Sequence[Mapping[str, float]], steps: list[int]) -> Chart:
    """Right answers over the training; the tuned model stands where it was tested, its test takes longest."""
    bounds, of, frames = (0.4, 1.0), steps[-1], []
    for count in range(1, len(steps) + 1):
        upto, traces, ends = numbers[:count], [], {}
        for name in ("scratch", "frozen", "tuned"):
            rows = [i for i, n in enumerate(upto) if name != "tuned" or n["tested_tuned"]]
            values = [upto[i][f"accuracy_{name}"] for i in rows]
            style = {"mode": "lines+markers", "marker": {"size": 9}} if name == "tuned" else {}
            traces.append(line([steps[i] for i in rows], values, name, **style))
            ends[name] = values[-1]
        ends["chance"] = upto[-1]["chance"]
        traces.append(level_line((0, of), ends["chance"], "chance"))
        frames.append([*traces, *end_labels(of, ends, bounds, "axis.accuracy")])
    layout = {
        "xaxis": {"title": {"text": Label("axis.step")}, "range": [0, of]},
        "yaxis": upward("axis.accuracy", bounds),
        "margin": {"r": 200},
    }
    return Chart(layout, frames, steps)
