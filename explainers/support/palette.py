"""The colours and the words of the series, and where words stand that would cover one another."""

from collections.abc import Mapping

from explainers.support.contract import Label

# The same series has the same colour on every page; the values, for light and dark, stand in ui/theme.css.
SERIES = (
    "ids", "one_hot", "embedding", "pooled", "recurrent", "rnn", "lstm", "gru",
    "forward", "backward", "bidirectional", "frozen", "tuned", "scratch", "positive", "negative", "followed",
    "within", "across", "linear", "leaky", "baseline", "chance", "plain", "normalised",
    "convolution", "dense", "skip", "cut", "without", "truth", "kept", "suppressed",
)  # fmt: skip
LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def low(t: int) -> str:
    """A step as an index: 12 → ₁₂."""
    return str(t).translate(LOW)


def colour(series: str) -> str:
    """The colour of a series, as a CSS variable that the browser resolves in its theme.

    Raises:
        ValueError: if the palette has no such series.

    """
    if series not in SERIES:
        raise ValueError(f"{series!r} is not in the palette: {', '.join(SERIES)}")
    return f"var(--u-{series.replace('_', '-')})"


def label_of(series: str) -> Label:
    """The page's word for a series."""
    return Label(f"series.{series}")


def bytes_label(count: float) -> Label:
    """A number of bytes, up to terabytes, in the unit that a person would use."""
    thousands = next(power for power in (4, 3, 2, 1, 0) if count >= 1000**power or not power)
    return Label(f"bytes.{thousands}", value=count / 1000**thousands)


def apart(ends: Mapping[str, float], bounds: tuple[float, float]) -> dict[str, float]:
    """Where words beside the ends of lines stand: at their heights, inside ``bounds``, none over another."""
    bottom, top = bounds
    gap = (top - bottom) / 13
    inside = {name: min(max(end, bottom), top) for name, end in ends.items()}
    order = sorted(inside, key=lambda name: inside[name])
    places: dict[str, float] = {}
    for name in order:
        places[name] = max([inside[name], *(place + gap for place in places.values())])
    for name in reversed(order):
        places[name] = top = min(places[name], top)
        top -= gap
    return places
