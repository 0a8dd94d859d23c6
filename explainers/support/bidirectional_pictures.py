"""The two passes as diagrams: which grid stands where, what its cells say when they are touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from explainers.support.contract import Label
from explainers.support.pictures import Arrow, Diagram, Grid, Stage, low
from explainers.support.state_pictures import FULL

Frames = Sequence[Mapping[str, Any]]
ANSWER = ("from_ahead", "from_back", "bias", "logit", "chance")  # what is added up to an answer
AWAY = (-1, -1)  # the sentence stands twice; on a narrow screen once


def two_ways_diagram(
    tokens: Sequence[str], asked: Mapping[int, str], frames: Frames, steps: list[int]
) -> Diagram:
    """The sentence above and below, one pass under each, and the answers between, where the passes meet.

    ``asked``: the words (from 1) that have an answer, and the title of it; without titles it is a word.
    """
    T = len(tokens)
    grids, arrows = [], []
    for t in range(1, T + 1):
        row = 4 * (t - 1)
        names = {"t": t, "now": low(t), "before": low(t - 1), "after": low(t + 1)}
        grids += [
            Grid(f"word{t}", (t, 0), "word", step=t, narrow=(0, row), arithmetic=Label("how.word")),
            Grid(f"ahead{t}", (t, 1), title=f"→h{low(t)}", step=t, narrow=(0, row + 1),
                 arithmetic=Label("how.ahead", **names)),
            Grid(f"back{t}", (t, 3), title=f"←h{low(t)}", step=t, narrow=(0, row + 2),
                 arithmetic=Label("how.back", **names)),
            Grid(f"again{t}", (t, 4), "word", step=t, narrow=AWAY, arithmetic=Label("how.word")),
            *(Grid(f"{way}_{term}{t}", (t, 0), "hidden")
              for way in ("ahead", "back") for term in ("input", "memory", "sum")),
        ]  # fmt: skip
        arrows += [Arrow(f"word{t}", f"ahead{t}"), Arrow(f"again{t}", f"back{t}")]
        if t > 1:
            arrows += [Arrow(f"ahead{t - 1}", f"ahead{t}"), Arrow(f"back{t}", f"back{t - 1}")]
        if t in asked:
            title = asked[t]
            how = Label("how.answer" if title else "how.next", **names)
            kind: Any = "share" if title else "word"
            grids.append(Grid(f"answer{t}", (t, 2), kind, title, step=t, narrow=(0, row + 3), arithmetic=how))
            grids += [Grid(f"{name}{t}", (t, 0), "hidden") for name in ANSWER]
            arrows += [Arrow(f"ahead{t}", f"answer{t}"), Arrow(f"back{t}", f"answer{t}")]
    grids += [Grid(f"{way}_b_{one}", (0, 0), "hidden") for way in ("ahead", "back") for one in ("ih", "hh")]
    passed = ("stage.ahead", "stage.meet", "stage.back")
    stages = [Stage(row, Label(name)) for row, name in enumerate(passed, start=1)] if T else []
    start = (f"answer{min(asked)}" if asked else f"ahead{T}", 0, 0) if T else None
    if asked and not next(iter(asked.values())):
        start = (f"answer{max(1, T - 1)}", 0, 0)
    return Diagram(grids, arrows, frames, steps, FULL, start, stages, traced=True)


def edited_diagram(tokens: Sequence[str], at: int, frames: Frames, steps: list[int]) -> Diagram:
    """Both passes over the edited text; only what differs from those over the text stands out."""
    grids, arrows = [], []
    for t, word in enumerate(tokens, start=1):
        for row, way, sign in ((0, "ahead", "→"), (2, "back", "←")):
            how = Label("how.edited", name=f"{way}{t}", sign=sign, now=low(t))
            grids += [
                Grid(f"{way}{t}", (t, row), "hidden"),
                Grid(f"{way}_edited{t}", (t, row), title=f"{sign}h′{low(t)}", caption="" if row else word,
                     against=f"{way}{t}", narrow=(0, 5 * (t - 1) + row), arithmetic=how),
                Grid(f"{way}_moved{t}", (t, row + 1), "plain", narrow=(0, 5 * (t - 1) + row + 1),
                     arithmetic=Label("how.moved", sign=sign, now=low(t))),
            ]  # fmt: skip
        if t > 1:
            arrows.append(Arrow(f"ahead_edited{t - 1}", f"ahead_edited{t}"))
            arrows.append(Arrow(f"back_edited{t}", f"back_edited{t - 1}"))
    names = ("stage.ahead", "stage.ahead_moved", "stage.back", "stage.back_moved")
    stages = [Stage(row, Label(name)) for row, name in enumerate(names)] if tokens else []
    start = (f"ahead_edited{min(max(at, 1), len(tokens))}", 0, 0) if tokens else None
    return Diagram(grids, arrows, frames, steps, FULL, start, stages)


def live_diagram(tokens: Sequence[str], first: int, sense: str, frames: Frames, steps: list[int]) -> Diagram:
    """What both readers answer after each word, as if the text ended there; from word ``first`` on.

    ``sense``: the one whose share is shown; without it, the answers are words.
    """
    grids = []
    for t in range(1, len(tokens) + 1):
        grids.append(
            Grid(f"word{t}", (t, 0), "word", narrow=(0, 3 * (t - 1)), arithmetic=Label("how.heard", t=t))
        )
        for row, name in ((1, "forward"), (2, "bidirectional")):
            if t >= first:
                kind: Any = "share" if sense else "word"
                how = Label(f"how.live_{name}", t=t)
                grids.append(
                    Grid(f"{name}{t}", (t, row), kind, narrow=(0, 3 * (t - 1) + row), arithmetic=how)
                )
    asks = Label("stage.sense", sense=sense) if sense else Label("stage.next")
    names = [Label(f"stage.live_{name}", asks=asks) for name in ("forward", "bidirectional")]
    stages = [Stage(row, name) for row, name in enumerate([Label("stage.heard"), *names])] if tokens else []
    start = (f"bidirectional{len(tokens)}", 0, 0) if len(tokens) >= first else None
    return Diagram(grids, [], frames, steps, FULL, start, stages)


def joined_diagram(t: int, H: int, share: bool, frames: Frames, steps: list[int]) -> Diagram:
    """One answer by hand: both states end to end, times a weight each, added up."""
    if not t:
        return Diagram([], [], frames, steps)
    rows = [f"{sign}{i}" for sign in "→←" for i in range(H)]
    grids = [
        Grid("joined", (0, 0), title=f"[→h{low(t)} ; ←h{low(t)}]", rows=rows,
             arithmetic=Label("how.joined", now=low(t))),
        Grid("weight", (1, 0), title=Label("title.weight")),
        Grid("product", (2, 0), title=Label("title.product"),
             arithmetic="{joined:r,0} · {weight:r,0} = {self}"),
        Grid("halves", (3, 0), title=Label("title.halves"), rows=["→", "←"], arithmetic=Label("how.half")),
        Grid("total", (4, 0), title=Label("title.total"), arithmetic=Label("how.total")),
        Grid("chance", (4, 1), "share", title=Label("title.chance" if share else "title.chance_next"),
             arithmetic=Label("how.chance" if share else "how.chance_next")),
        Grid("offset", (0, 0), "hidden"),
    ]  # fmt: skip
    arrows = [Arrow("product", "halves"), Arrow("halves", "total"), Arrow("total", "chance")]
    return Diagram(grids, arrows, frames, steps, FULL, ("total", 0, 0), turns=False)
