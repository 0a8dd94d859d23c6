"""The order of words as pictures: one text pooled and read, and pairs of sentences that differ in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Label
from explainers.support.measured import Measured
from explainers.support.pictures import Arrow, Chart, Diagram, Grid, colour, label_of, low

SHOWN = 7  # words on the picture
ROW = 74  # px from pair to pair: a sentence, the two points, a sentence


def pairs_apart(readings: Sequence[Measured], samples: Mapping[int, str], series: Sequence[str]) -> Chart:
    """One row per pair: the logits of both sentences, a full point for good news, an open one for bad.

    Args:
        readings: one per checkpoint, with ``step`` and ``numbers`` (``logit_<series>_pairs_<row>``).
        samples: row → sentence; the positive sentence of each pair, then its negative one.
        series: the models, by their names in the palette; the last is drawn on top.

    """
    keys = {name: [f"logit_{name}_pairs_{row}" for row in samples] for name in series}
    reach = 1.25 * max(abs(r.numbers[key]) for r in readings for name in series for key in keys[name])
    sentences, pairs = list(samples.values()), len(samples) // 2
    frames = []
    for reading in readings:
        traces: list[dict[str, Any]] = []
        for place, name in enumerate(series):
            logits, ink = [reading.numbers[key] for key in keys[name]], {"color": colour(name)}
            both = {"type": "scatter", "mode": "lines+markers", "name": label_of(name), "hoverinfo": "x+text"}
            marker = {**ink, "size": 13, "symbol": ["circle", "circle-open"], "line": {**ink, "width": 2.5}}
            traces += [
                {
                    **both, "x": logits[2 * pair : 2 * pair + 2], "y": [pair + 1] * 2, "marker": marker,
                    "text": sentences[2 * pair : 2 * pair + 2], "line": {**ink, "width": 3},
                }
                for pair in range(pairs)
            ]  # fmt: skip
            traces.append({
                "type": "scatter", "mode": "text", "x": [logits[0]], "y": [0.05 + 0.25 * place],
                "text": [label_of(name)], "textfont": {**ink, "size": 14}, "hoverinfo": "skip",
                "cliponaxis": False, "name": label_of(name),
            })  # fmt: skip
        frames.append(traces)
    left = {"x": 0, "xref": "paper", "xanchor": "left", "showarrow": False, "font": {"size": 13}}
    words = [
        {**left, "y": i // 2 + (1.3 if i % 2 else 0.7), "text": f"{'○' if i % 2 else '●'} {sentence}"}
        for i, sentence in enumerate(sentences)
    ]
    layout = {
        "xaxis": {"title": {"text": Label("axis.logit")}, "range": [-reach, reach], "zeroline": True},
        "yaxis": {"visible": False, "range": [pairs + 0.6, -0.15], "title": {"text": Label("axis.pair")}},
        "annotations": words,
        "margin": {"l": 16},
        "height": ROW * pairs + 110,
    }
    return Chart(layout, frames, [reading.step for reading in readings], stands_for=tuple(sentences))


def pooling_diagram(readings: Sequence[Any], pooling: str) -> Diagram:
    """Above, all vectors fall into one and make a score; below, a state goes from word to word to a score."""
    last = readings[-1]
    T, kinds = len(last.tokens), list(last.logits)
    shown = range(max(0, T - SHOWN), T)  # the last words: the score is read from the last state
    end = len(shown)
    terms = (" ; " if pooling == "max" else " + ").join(f"{{vector{t}:r,0}}" for t in shown)
    how = Label(f"how.{pooling}" if end == T else f"how.{pooling}_many", n=T, terms=terms)
    grids = [Grid("pooled", (end, 0), title=Label(f"title.{pooling}"), arithmetic=how)]
    rows = (Label("order.typed"), Label("order.shuffled")) if last.shuffle else ()
    arrows = [Arrow("pooled", "score_pooled")]
    for row, kind in enumerate(kinds):
        place, how = (end + 1, row), Label(f"how.score_{kind}")
        grids.append(Grid(f"score_{kind}", place, "share", label_of(kind), rows=rows, arithmetic=how))
        grids.append(Grid(f"logit_{kind}", place, "hidden", digits=4))
    for x, t in enumerate(shown):
        made = Label("how.state" if t else "how.first", now=low(t + 1), before=low(t), word=last.tokens[t])
        grids += [
            Grid(f"vector{t}", (x, 0), title=last.tokens[t]),
            Grid(f"state{t}", (x, 1), title=f"h{low(t + 1)}", arithmetic=made, step=t),
        ]
        arrows += [Arrow(f"vector{t}", "pooled"), Arrow(f"vector{t}", f"state{t}")]
        arrows.append(Arrow(f"state{t}", f"state{t + 1}" if t + 1 < T else "score_recurrent"))
    frames = []
    for reading in readings:
        frame = {f"{name}{t}": cells[t][:, None] for name, cells in reading.columns.items() for t in shown}
        for kind in kinds:
            frame[f"logit_{kind}"] = np.array(reading.logits[kind])[: len(rows) or 1, None]
            frame[f"score_{kind}"] = np.array(reading.shares[kind])[: len(rows) or 1, None]
        frames.append({**frame, "pooled": reading.pooled[:, None]})
    return Diagram(grids, arrows, frames, [reading.step for reading in readings], 2.0, ("pooled", 0, 0))
