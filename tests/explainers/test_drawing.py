"""A drawing as a text, and as the network sees it: prepared as the digits that it learnt from were."""

import re
from urllib.parse import quote

import numpy as np
import pytest

from explainers.support import drawing
from explainers.support.digits import digits
from explainers.support.drawing import BOX, FIELD, MOST, checked, inked, picture_text, prepare, prepared

SEVEN = "MKyK.yKcy"
HOSTILE = [
    "A", "AAA", "AA.", ".AA", "AA..AA", "AA AA", "AA\n", "ÁA", "٣٣", "~", "~AA", "~" + "A" * 266,
    "~" + "A" * 268, "~" + "é" * 267, "A" * (MOST + 2), "<script>alert(1)</script>", "../../etc/passwd",
    "\x00\x00", "😀😀", "{}", "Non",
]  # fmt: skip


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return digits().images[:400].numpy()


def test_a_real_digit_prepared_again_is_itself(real: np.ndarray) -> None:
    """MNIST's own preparation: its digits are where, and as large as, this one puts them."""
    assert all(np.array_equal(prepare(digit), digit) for digit in real)


def test_size_and_place_do_not_matter_but_shape_does(real: np.ndarray) -> None:
    for digit in real[:20]:
        moved = np.zeros((90, 120))
        moved[10 : 10 + 2 * FIELD, 50 : 50 + 2 * FIELD] = digit.repeat(2, axis=0).repeat(2, axis=1)
        assert np.abs(prepare(moved) - digit).max() < 1e-5
    assert np.abs(prepare(real[0].T) - prepare(real[0])).max() > 0.5


def test_a_picture_travels_in_the_address(real: np.ndarray) -> None:
    """In 16 shades: a digit may move by a pixel where its centre of mass lies between two, and few do."""
    apart = []
    for digit in real:
        text = picture_text(digit)
        assert len(text) == 268
        assert quote(text, safe="") == text == checked(text)
        apart.append(float(np.abs(prepared(text) - digit).max()))
    assert np.mean(np.array(apart) < 0.5 / drawing.SHADES + 1e-6) > 0.97


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_drawing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a drawing"):
        checked(text)


@pytest.mark.parametrize(
    "text", ["", "AA", "__.--", "~" + "A" * 267, "~" + "_" * 267, "AA" * (MOST // 2), SEVEN]
)
def test_what_is_a_drawing_can_be_prepared(text: str) -> None:
    seen = prepared(checked(text))
    assert seen.shape == (FIELD, FIELD)
    assert seen.dtype == np.float32
    assert 0 <= seen.min() <= seen.max() <= 1
    assert seen.any() == bool(text.strip("~A") or text == "AA" or text.startswith("AAAA"))


def test_strokes_are_where_their_points_are() -> None:
    ink = inked(SEVEN)
    at = {letter: drawing.ALPHABET.index(letter) for letter in "MKyc"}
    for row, column in ((at["K"], at["M"]), (at["K"], (at["M"] + at["y"]) // 2), (at["y"], at["c"])):
        assert ink[row, column] == 1
    assert ink[at["y"], at["M"]] == 0
    apart = inked("MKyK.ycyy")  # two strokes are not joined
    assert apart[(at["K"] + at["c"]) // 2, at["y"]] == 0


def test_a_drawn_digit_fills_the_box_and_is_centred() -> None:
    seen = prepared(SEVEN)
    down, right = np.nonzero(seen)
    assert max(np.ptp(down), np.ptp(right)) + 1 == BOX
    middle = [float((seen.sum(axis=1 - axis) * np.arange(FIELD)).sum() / seen.sum()) for axis in (0, 1)]
    assert middle == pytest.approx([FIELD / 2, FIELD / 2], abs=0.51)


def test_a_scaled_picture_keeps_its_ink(real: np.ndarray) -> None:
    weights = drawing.shares(13, 5)
    assert weights.sum(axis=1) == pytest.approx(np.ones(5))
    assert weights.sum(axis=0) == pytest.approx(np.full(13, 5 / 13))


def test_the_pen_is_as_thick_as_those_of_the_digits(real: np.ndarray) -> None:
    """A line as high as the box: its mean ink per row lies among those of the real ones."""
    one = prepared("gIg4")
    widths = [
        float(digit.sum() / (np.ptp(np.nonzero(digit)[0]) + 1)) for digit in real[digits().labels[:400] == 1]
    ]
    width = float(one.sum() / BOX)
    assert min(widths) < width < max(widths)


def test_the_docstring_shows_a_drawing() -> None:
    found = re.search(r'``"([^"]+)"``', drawing.__doc__ or "")
    assert found is not None
    assert checked(found[1])
