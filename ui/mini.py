"""Small pictures as plain HTML: a few bars, lines or coloured cells, with their words and numbers."""

from html import escape
from typing import Any

from explainers.support.contract import Label
from explainers.support.minis import Bars, Cells, Lines, Mini
from explainers.support.pictures import colour
from ui.locale import Words


def html(mini: Mini, words: Words, title: str) -> str:
    """The picture; ``title`` says to a screen reader what the colours show."""
    if isinstance(mini, Bars):
        body = bars(mini, words)
    elif isinstance(mini, Lines):
        body = lines(mini, words)
    else:
        body = cells(mini, words)
    return f'<div class="u-mini" role="group" aria-label="{escape(title)}">{body}</div>'


def say(word: Any, words: Words) -> str:
    """A label in the visitor's language; a plain string is data."""
    return escape(words.label(word) if isinstance(word, Label) else str(word))


def bars(mini: Bars, words: Words) -> str:
    """One row per bar: its word, its number, the bar."""
    rows = []
    for word, value, series in mini.rows:
        share = min(1.0, max(0.0, value / mini.top))
        rows.append(
            f'<div class="u-bar" style="--series: {colour(series)}; --share: {share:.4f}">'
            f"<span>{say(word, words)}</span><b>{words.fill(mini.form, {'v': value})}</b><i></i></div>"
        )
    return "".join(rows)


def lines(mini: Lines, words: Words) -> str:
    """Lines over the same places; their words stand under them in their colours."""
    least, most = mini.bounds
    paths = []
    for _, values, series in mini.lines:
        step = 100 / max(1, len(values) - 1)
        points = " ".join(
            f"{i * step:.2f},{100 - 100 * (min(most, max(least, v)) - least) / (most - least):.2f}"
            for i, v in enumerate(values)
        )
        paths.append(f'<polyline points="{points}" style="stroke: {colour(series)}"/>')
    names = "".join(
        f'<b style="color: {colour(series)}">{say(word, words)}</b>' for word, _, series in mini.lines
    )
    ends = "".join(f"<span>{say(end, words)}</span>" for end in mini.ends)
    return (
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{"".join(paths)}</svg>'
        f'<div class="u-ends">{ends}</div><div class="u-names">{names}</div>'
    )


def cells(mini: Cells, words: Words) -> str:
    """Columns of coloured cells, a word under each."""
    columns = []
    for c, word in enumerate(mini.columns):
        squares = []
        for row in mini.rows:
            part = min(1.0, abs(row[c]) / mini.scale) ** 0.8
            end = "--u-pos" if row[c] >= 0 else "--u-neg"
            squares.append(f'<i style="--end: var({end}); --part: {part:.0%}"></i>')
        columns.append(f"<div>{''.join(squares)}<span>{say(word, words)}</span></div>")
    return f'<div class="u-columns">{"".join(columns)}</div>'
