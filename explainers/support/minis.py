"""Small pictures for the summary: what one run showed, in a few bars, lines or cells.

Readings in, picture out. Each function takes what the first and the last checkpoint of a page's default run
said, and the headline of the last; it returns the picture and the numbers of the sentence beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from explainers.support.contract import Label
from explainers.support.powers import ten

Headline = Mapping[str, float]


@dataclass(frozen=True)
class Bars:
    """One bar per row, from 0: (word, value, series). ``form`` is how a value is written."""

    rows: Sequence[tuple[str, float, str]]
    top: float = 1.0
    form: str = "{v:.0%}"


@dataclass(frozen=True)
class Lines:
    """One line per series over the same places: (word, values, series), within fixed bounds.

    ``ends`` is what stands under the first and the last place, ``sides`` beside the two bounds.
    """

    lines: Sequence[tuple[str, Sequence[float], str]]
    bounds: tuple[float, float]
    ends: tuple[str, str]
    sides: tuple[str, str]


@dataclass(frozen=True)
class Cells:
    """Signed numbers as colours, (rows, columns), full at ``scale``, a word under each column."""

    rows: Sequence[Sequence[float]]
    columns: Sequence[str]
    scale: float = 1.0


Mini = Bars | Lines | Cells
Made = tuple[Mini, dict[str, Any]]


def ids(first: Any, last: Any, headline: Headline) -> Made:
    """How often a classifier is right that takes word numbers as amounts, or as names."""
    rows = [(Label(f"mini.{name}"), headline[f"accuracy_{name}"], name) for name in ("ids", "one_hot")]
    return Bars([*rows, (Label("mini.chance"), 0.5, "chance")]), dict(headline)


def learnt(first: Any, last: Any, headline: Headline) -> Made:
    """Cosine distances inside and between the groups of words."""
    rows = [(Label(f"mini.{name}"), headline[name], name) for name in ("within", "across")]
    return Bars(rows, max(1.0, *headline.values()), "{v:.2f}"), dict(headline)


def order(first: Any, last: Any, headline: Headline) -> Made:
    """How positive each model finds a text, as typed and shuffled."""
    rows = [
        (Label(f"mini.{kind}_{place}"), last.shares[kind][i], kind)
        for kind in ("pooled", "recurrent")
        for i, place in enumerate(("typed", "shuffled"))
    ]
    return Bars(rows), {
        **headline,
        **{f"{kind}_{i}": last.shares[kind][i] for kind in last.shares for i in (0, 1)},
    }


def memory(first: Any, last: Any, headline: Headline) -> Made:
    """The hidden states of a text, one column per word read."""
    states = last.text.states  # (T + 1, H)
    words = ["", *last.text.tokens][: len(states)]
    values = {"words": len(words) - 1, "units": states.shape[1], "accuracy": headline["accuracy"]}
    return Cells(states.T.tolist(), words), values


def back(first: Any, last: Any, headline: Headline) -> Made:
    """What is left of the gradient on its way back, before training, as powers of 10."""
    names = ("rnn", "lstm")
    ends = (Label("mini.step", t=1), Label("mini.step", t=len(first.left("rnn"))))
    lines = powers([(Label(f"mini.{name}"), first.left(name), name) for name in names], ends)
    parts = 1 / max(first.left("rnn")[0], 1e-15)
    return lines, {"length": len(first.left("rnn")), "parts": parts}


def road(first: Any, last: Any, headline: Headline) -> Made:
    """How often the first letter is named: as trained, and with the forget gate held shut."""
    rows = [
        (Label("mini.free"), headline["accuracy"], "lstm"),
        (Label("mini.shut"), headline["accuracy_forget_shut"], "rnn"),
        (Label("mini.chance"), 1 / 8, "chance"),
    ]
    return Bars(rows), dict(headline)


def both(first: Any, last: Any, headline: Headline) -> Made:
    """How often the sense of a word is found whose clue comes after it."""
    names = ("forward", "bidirectional")
    rows = [(Label(f"mini.{name}"), headline[f"accuracy_{name}_cue_after"], name) for name in names]
    return Bars(rows), dict(headline)


def flow(first: Any, last: Any, headline: Headline) -> Made:
    """The part of the pixels' spread that leaves every layer before training, as powers of 10."""
    kinds = {"with": "normalised", "without": "plain"}
    ends = (Label("mini.layer", n=1), Label("mini.layer", n=len(first.along("signal", "with"))))
    lines = [(Label(f"mini.{net}"), first.along("signal", net), series) for net, series in kinds.items()]
    return powers(lines, ends), dict(headline)


def powers(lines: Sequence[tuple[str, Sequence[float], str]], ends: tuple[str, str]) -> Lines:
    """Shares, from 1 down to the power of 10 below the smallest."""
    drawn = [(word, [log10(max(v, 1e-12)) for v in values], series) for word, values, series in lines]
    least = floor(min(-1.0, *(min(values) for _, values, _ in drawn)))
    return Lines(drawn, (least, 0.0), ends, (ten(least), ten(0)))


def borrowed(first: Any, last: Any, headline: Headline) -> Made:
    """How often a network is right that starts from nothing, or with features, frozen or tuned."""
    names = ("scratch", "frozen", "tuned")
    return Bars([(Label(f"mini.{name}"), headline[f"accuracy_{name}"], name) for name in names]), dict(
        headline
    )


def taken_over(first: Any, last: Any, headline: Headline) -> Made:
    """The words nearest to a − b + c, without the three of the question."""
    asked = last.analogy
    found = [(word, cosine, "tuned") for word, cosine in asked.nearest if word not in asked.words][:3]
    a, b, c = asked.words
    return Bars(found, 1.0, "{v:.2f}"), {"a": a, "b": b, "c": c, "answer": asked.answer}
