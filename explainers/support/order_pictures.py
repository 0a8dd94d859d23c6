"""Pairs of sentences as a picture: how far apart a model puts two orders of the same words."""

from collections.abc import Mapping, Sequence
from typing import Any

from explainers.support.contract import Label
from explainers.support.measured import Measured
from explainers.support.pictures import Chart, colour, label_of

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
    return Chart(layout, frames, [reading.step for reading in readings])
