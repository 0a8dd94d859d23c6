"""Numbers that differ by powers of ten: as words, as axes, as labels that keep apart."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, inf, isfinite, log10
from typing import Any

from explainers.support.contract import Label
from explainers.support.pictures import apart, end_label

FAR = 15  # powers of ten beyond which a picture cuts off
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value: float) -> str:
    """A part by its size, written alike in all languages: 12% from a hundredth to ten, else 3·10⁻⁸."""
    return f"{value:.0%}" if 0.01 <= value < 9.95 else size(value)


def times(value: float) -> str:
    """A part by its size, or a multiple, written alike in all languages: 3·10⁻⁸, 12%, 480×."""
    return power(value) + "×" * (9.95 <= value < inf)


def size(value: float) -> str:
    """A number by its size, written alike in all languages: 480 from 1 to 9999, else 3·10⁻⁸."""
    if not isfinite(value) or not value:
        return "0" if value == 0 else "∞" if value > 0 else "NaN"
    if 0.95 <= value < 9999.5:
        return f"{value:.0f}"
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·{ten(int(exponent))}"


def ten(exponent: int) -> str:
    """A power of ten, written alike in all languages: 10⁻⁸, and 1 for 0."""
    return f"10{str(exponent).translate(_RAISED)}" if exponent else "1"


def raised(base: float, exponent: int) -> float:
    """``base ** exponent``, infinite where Python would raise."""
    try:
        return float(base**exponent)
    except OverflowError:
        return inf


def mantissa(value: float) -> tuple[float, int]:
    """A number as m · 10^e: (m, e)."""
    m, e = f"{value:.4e}".split("e") if isfinite(value) else (str(value), "0")
    return float(m), int(e)


def finite(values: Sequence[float]) -> list[float | None]:
    """The values, with a gap where a scale of powers has no place: not finite, or not positive."""
    return [value if isfinite(value) and value > 0 else None for value in values]


def powers(values: Sequence[float], low: int, high: int) -> tuple[int, int]:
    """The powers of ten around all values, at least from ``low`` to ``high``, at most FAR from 1."""
    sizes = [log10(value) for value in values if isfinite(value) and value > 0]
    return max(-FAR, floor(min([low, *sizes]))), min(FAR, ceil(max([high, *sizes])))


def log_axis(low: int, high: int, marks: int = 6, **more: Any) -> dict[str, Any]:
    """A Plotly axis over powers of ten, with about ``marks`` of them written.

    The words are given: Plotly's own would set the exponents in 9 px.
    """
    every = max(1, ceil((high - low) / marks))
    shown = [k for k in range(low, high + 1) if k % every == 0]
    ticks = {"tickvals": [10.0**k for k in shown], "ticktext": [ten(k) for k in shown]}
    return {"type": "log", "range": [low, high], **ticks, **more}


def log_labels(
    x: float, ends: Mapping[str, tuple[float, Label]], low: int, high: int, side: str
) -> list[dict[str, Any]]:
    """Words beside the ends of series on an axis of powers of ten, so that none covers another.

    ``ends``: series → (its value at ``x``, the words); ``side``: on which of it they stand, left or right.
    """
    sizes = {name: log10(v) if isfinite(v) and v > 0 else low for name, (v, _) in ends.items()}
    places = {name: float(min(max(size, low), high)) for name, size in sizes.items()}
    return [
        end_label(x, 10**place, ends[name][1], name, textposition=f"middle {side}")
        for name, place in apart(places, (low, high)).items()
    ]
