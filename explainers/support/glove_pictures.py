"""Pictures of GloVe's answers and of the learning curve. Numbers in, picture out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Label
from explainers.support.geometry import projection
from explainers.support.glove_learning import KINDS, SIZES
from explainers.support.glove_words import Analogy, Map, Neighbours, Pair
from explainers.support.pictures import (
    Arrow,
    Chart,
    Diagram,
    Grid,
    colour,
    end_labels,
    label_of,
    level_line,
    line,
    upward,
)
from explainers.support.word_map import word_map

SHOWN = 8  # of a word's 50 numbers
FULL = 1.5  # at which a number has full colour
BOUNDS = (0.48, 0.86)  # of an accuracy on the learning curve
NAMED = 2  # neighbours of a Portuguese word


def column(values: Iterable[Any]) -> list[list[Any]]:
    """Values one under the other, as a grid takes them."""
    return [[value] for value in values]


def analogy_diagram(asked: Analogy, leave_out: bool, step: int) -> Diagram:
    """The first numbers of a, b, c and of a − b + c; beside them the words nearest to it."""
    a, b, c = asked.words
    own = set(asked.words) if leave_out else set()
    places, place = [], 0
    for word, _ in asked.nearest:
        place += word not in own
        places.append(str(place) if word not in own else Label("left_out"))
    shown = asked.answer if leave_out else asked.nearest[0][0]
    grids = [
        Grid("a", (0, 0), title=a, narrow=(0, 0), still=True),
        Grid("b", (1, 0), title=f"− {b}", narrow=(1, 0), still=True),
        Grid("c", (2, 0), title=f"+ {c}", narrow=(2, 0), still=True),
        Grid("target", (3, 0), title=Label("title.target"), narrow=(3, 0), still=True,
             arithmetic="{a:r,0} − {b:r,0} + {c:r,0} = {self}"),
        Grid("word", (4, 0), "word", Label("title.nearest"), narrow=(3, 1), still=True,
             arithmetic=Label("how.nearest")),
        Grid("cosine", (5, 0), "plain", Label("title.cosine"), digits=3, narrow=(2, 1), still=True,
             arithmetic=Label("how.cosine_list")),
        Grid("place", (6, 0), "word", Label("title.place"), narrow=(1, 1), still=True,
             arithmetic=Label("how.place")),
    ]  # fmt: skip
    words, cosines = zip(*asked.nearest, strict=True)
    frame = {name: column(asked.vectors[i, :SHOWN]) for i, name in enumerate(("a", "b", "c", "target"))}
    frame |= {"word": column(words), "cosine": column(cosines), "place": column(places)}
    arrows = [Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "target", "="), Arrow("target", "word", "cos")]
    return Diagram(grids, arrows, [frame], [step], FULL, ("word", words.index(shown), 0), turns=False)


def arrows_chart(asked: Analogy, step: int) -> Chart:
    """The question's words, the sum and the answer on their plane, with the same arrow drawn twice."""
    vectors = np.vstack([asked.vectors, asked.answer_vector]).astype(np.float64)  # (5, d)
    a, b, c, target, answer = projection(vectors, 2)(vectors).tolist()
    arrow = {"ax": 0, "ay": 0, "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "text": "",
             "arrowwidth": 2.5, "standoff": 6, "startstandoff": 6}  # fmt: skip
    drawn = [
        {**arrow, "x": end[0], "y": end[1], "ax": start[0], "ay": start[1], "arrowcolor": colour(series)}
        for start, end, series in ((b, a, "frozen"), (c, target, "tuned"))
    ]
    texts = [*asked.words, Label("sum"), asked.answer]
    points = np.array([a, b, c, target, answer])
    middle, reach = points.mean(axis=0), 0.75 * max(np.ptp(points, axis=0).max(), 1.0)
    # A name stands away from the middle of the picture, so that it does not cover an arrow.
    places = ["top center" if y >= middle[1] else "bottom center" for y in points[:, 1]]
    if abs(points[3] - points[4]).max() < reach / 5:  # the sum and the answer: one above the other
        places[3], places[4] = ("top center", "bottom center")[:: 1 if points[3, 1] >= points[4, 1] else -1]
    trace = {
        "type": "scatter", "mode": "markers+text", "x": points[:, 0].tolist(), "y": points[:, 1].tolist(),
        "text": texts, "textposition": places, "hoverinfo": "text", "name": Label("series.words"),
        "textfont": {"size": 14, "color": "var(--u-ink)"}, "cliponaxis": False,
        "marker": {"size": 10, "color": ["var(--u-ink)"] * 3 + [colour("tuned"), "var(--u-ink)"],
                   "symbol": ["circle"] * 3 + ["x", "circle"]},
    }  # fmt: skip
    axes = {
        f"{name}axis": {"title": {"text": Label("axis.component", k=k + 1)},
                        "range": [middle[k] - reach, middle[k] + reach]}
        for k, name in enumerate("xy")
    }  # fmt: skip
    return Chart(
        {**axes, "annotations": drawn, "height": 380}, [[trace]], [step], stands_for=(*middle, reach)
    )


def learning_axes() -> dict[str, Any]:
    """The axes of a learning curve: sentences over powers of ten, accuracy."""
    ticks = [Label("count", n=size) for size in SIZES]
    return {
        "xaxis": {"title": {"text": Label("axis.sentences")}, "type": "log", "tickvals": list(SIZES),
                  "ticktext": ticks, "range": [np.log10(SIZES[0] * 0.85), np.log10(SIZES[-1] * 1.05)]},
        "yaxis": upward("axis.accuracy", BOUNDS),
        "margin": {"r": 120},
    }  # fmt: skip


def learning_chart(numbers: Sequence[Mapping[str, float]], steps: list[int]) -> Chart:
    """Accuracy on the test sentences against the number of training sentences, one line per table."""
    frames = []
    for one in numbers:
        rows = {kind: [one[f"accuracy_{kind}_{size}"] for size in SIZES] for kind in KINDS}
        traces = [
            line(list(SIZES), row, kind, mode="lines+markers", marker={"size": 9})
            for kind, row in rows.items()
        ]
        ends = {kind: row[-1] for kind, row in rows.items()} | {"chance": one["chance"]}
        traces.append(level_line((SIZES[0], SIZES[-1]), one["chance"], "chance"))
        frames.append([*traces, *end_labels(SIZES[-1], ends, BOUNDS, "axis.accuracy")])
    return Chart(learning_axes(), frames, steps)


def seeds_chart(numbers: Sequence[Mapping[str, float]]) -> Chart:
    """The same for several seeds: a thin line each, a thick one for their mean."""
    traces, ends = [], {}
    for kind in KINDS:
        rows = [[one[f"accuracy_{kind}_{size}"] for size in SIZES] for one in numbers]
        for row in rows:
            traces.append(line(list(SIZES), row, kind, line={"width": 1}, opacity=0.45, hoverinfo="skip"))
        mean = np.mean(rows, axis=0).tolist()
        traces.append(line(list(SIZES), mean, kind, mode="lines+markers", marker={"size": 9}))
        ends[kind] = mean[-1]
    return Chart(learning_axes(), [[*traces, *end_labels(SIZES[-1], ends, BOUNDS, "axis.accuracy")]], [0])


def neighbours_diagram(asked: Neighbours, step: int) -> Diagram:
    """The nearest words, their cosines, and how frequent they are."""
    words, cosines, ranks = zip(*asked.nearest, strict=True)
    grids = [
        Grid("word", (0, 0), "word", Label("title.near", word=asked.word), arithmetic=Label("how.nearest")),
        Grid("cosine", (1, 0), "plain", Label("title.cosine"), digits=3, arithmetic=Label("how.cosine_list")),
        Grid("rank", (2, 0), "plain", Label("title.rank"), arithmetic=Label("how.rank")),
    ]
    frame = {"word": column(words), "cosine": column(cosines), "rank": column(ranks)}
    return Diagram(grids, [], [frame], [step], turns=False)


def pair_diagram(asked: Pair, step: int) -> Diagram:
    """Two words, the products of their first numbers, and the cosine over all 50."""
    a, b = asked.vectors[:, :SHOWN]
    how = Label("how.cosine", dot=asked.dot, norm_a=asked.norms[0], norm_b=asked.norms[1])
    grids = [
        Grid("a", (0, 0), title=asked.words[0], narrow=(0, 0), still=True),
        Grid("b", (1, 0), title=asked.words[1], narrow=(1, 0), still=True),
        Grid("product", (2, 0), title=Label("title.product"), narrow=(2, 0), still=True,
             arithmetic="{a:r,0} · {b:r,0} = {self}"),
        Grid("cosine", (3, 0), title=Label("title.cosine"), narrow=(2, 1), still=True, arithmetic=how),
        Grid("distance", (3, 1), "plain", Label("title.distance"), narrow=(2, 2), still=True,
             arithmetic=Label("how.distance")),
    ]  # fmt: skip
    frame = {"a": column(a), "b": column(b), "product": column(a * b),
             "cosine": [[asked.cosine]], "distance": [[asked.distance]]}  # fmt: skip
    arrows = [Arrow("b", "product", "a · b"), Arrow("product", "cosine", "Σ")]
    return Diagram(grids, arrows, [frame], [step], FULL, ("cosine", 0, 0), turns=False)


def map_chart(plane: Map, step: int) -> Chart:
    """The words on their plane."""
    return word_map([plane.points], plane.words, {"followed": slice(None)}, [step])


def distances_diagram(plane: Map, step: int) -> Diagram:
    """Any two of the words: above the diagonal their true distance, below it that on the plane."""
    N = len(plane.words)
    upper = np.triu(np.ones((N, N), dtype=bool), 1)
    both = np.where(upper, plane.true, plane.drawn).tolist()
    cells = [[None if r == c else both[r][c] for c in range(N)] for r in range(N)]
    grids = [
        Grid("distance", (0, 0), "plain", rows=plane.words, columns=plane.words, digits=1,
             arithmetic=Label("how.both")),
        *(Grid(name, (0, 0), "hidden") for name in ("true", "drawn")),
    ]  # fmt: skip
    frame = {"distance": cells, "true": plane.true, "drawn": plane.drawn}
    return Diagram(grids, [], [frame], [step], turns=False)


def unknown_diagram(
    missing: Sequence[tuple[str, int]], portuguese: Sequence[Neighbours | str], step: int
) -> Diagram:
    """On the left words without a vector, on the right Portuguese words and their neighbours."""
    near = [
        Label("never") if isinstance(one, str) else ", ".join(word for word, *_ in one.nearest[:NAMED])
        for one in portuguese
    ]
    ranks = [None if isinstance(one, str) else one.rank for one in portuguese]
    grids = [
        Grid("missing", (0, 0), "word", Label("title.missing"), arithmetic=Label("how.missing")),
        Grid("times", (1, 0), "plain", Label("title.times"), arithmetic=Label("how.times")),
        Grid("portuguese", (2, 0), "word", Label("title.portuguese"), arithmetic=Label("how.portuguese")),
        Grid("rank", (3, 0), "plain", Label("title.rank"), arithmetic=Label("how.rank")),
        Grid("near", (4, 0), "word", Label("title.near_it"), arithmetic=Label("how.near_it")),
    ]
    frame = {
        "missing": column([word for word, _ in missing]), "times": column([n for _, n in missing]),
        "portuguese": column([one if isinstance(one, str) else one.word for one in portuguese]),
        "rank": column(ranks), "near": column(near),
    }  # fmt: skip
    return Diagram(grids, [], [frame], [step], turns=False)


def leaning_chart(values: Mapping[str, float], groups: Mapping[str, Sequence[str]], step: int) -> Chart:
    """A bar per word, the groups under one another, each with its name above it."""
    traces: list[dict[str, Any]] = []
    ticks: dict[float, str] = {}
    place = 0.0
    reach = 1.25 * max(abs(value) for value in values.values())
    for series, words in groups.items():
        order = sorted(words, key=lambda word: -values[word])
        named = {"name": label_of(series)}
        y = [place - 1 - i for i in range(len(order))]
        ticks |= dict(zip(y, order, strict=True))
        traces += [
            {"type": "scatter", "mode": "text", "x": [-0.98 * reach], "y": [place],
             "text": [label_of(series)], "textposition": "middle right",
             "textfont": {"color": colour(series), "size": 14}, "hoverinfo": "skip", "cliponaxis": False,
             "meta": {"table": []}, **named},
            {"type": "bar", "orientation": "h", "x": [values[word] for word in order], "y": y,
             "marker": {"color": colour(series)}, "hovertext": order, "hoverinfo": "text+x", **named,
             "meta": {"table": [[label_of(series), word, values[word]] for word in order]}},
        ]  # fmt: skip
        place -= len(order) + 1.6
    layout = {
        "xaxis": {"title": {"text": Label("axis.leaning")}, "range": [-reach, reach]},
        "yaxis": {"tickvals": list(ticks), "ticktext": list(ticks.values()), "range": [place + 0.6, 0.9],
                  "showgrid": False, "zeroline": False},
        "height": 520, "margin": {"l": 110}, "bargap": 0.25,
        "meta": {"table": ["", Label("series.words"), Label("axis.leaning")],
                 "narrow": {"xaxis": {"title": {"text": Label("axis.leaning_narrow")}}}},
    }  # fmt: skip
    return Chart(layout, [traces], [step])
