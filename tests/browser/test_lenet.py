"""LeNet-5 in a browser: a digit is drawn by keyboard and read; a unit says its sum and what it sees."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import Visit, ready, visit


@pytest.fixture(scope="module", params=[1280, 360])
def opened(browser: BrowserContext, server: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page with room and on a phone."""
    found = visit(browser, server, "lenet", "en", request.param).open()
    yield found
    found.page.close()


def arithmetic(opened: Visit, grid: str) -> str:
    """What the line under the main picture says about the middle of a grid."""
    page = opened.page
    page.locator(f".u-picture [data-grid={grid}]").first.focus()
    return page.locator(".u-picture .u-arithmetic").first.inner_text()


@pytest.mark.parametrize(
    ("grid", "side"), [("C1_2", 5), ("S2_5", 6), ("C3_0", 14), ("S4_15", 16), ("C5", 32), ("F6", 32)]
)
def test_a_unit_outlines_its_field_and_says_its_sum(opened: Visit, grid: str, side: int) -> None:
    before = len(opened.sent)
    line = arithmetic(opened, grid)
    assert "undefined" not in line and "{" not in line and "⋯" not in line
    assert re.search(r"= [+−]?\d\.\d\d$", line.strip()), line
    looks = opened.page.locator(".u-picture [data-grid=input] .u-looks").first
    assert looks.evaluate("e => [e.style.getPropertyValue('--w'), e.style.getPropertyValue('--h')]") == [
        str(side), str(side),
    ]  # fmt: skip
    assert len(opened.sent) == before  # nobody was asked


def test_a_digit_drawn_by_keyboard_is_read(opened: Visit) -> None:
    page = opened.page
    page.locator(".u-pad-sheet").focus()
    page.keyboard.press("Backspace")
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    page.wait_for_function("() => new URLSearchParams(location.search).get('drawing')")
    ready(page)
    page.get_by_text("reads your drawing as").wait_for()
    shares = page.locator(".u-picture .u-share .u-cell").all_inner_texts()
    assert len(shares) >= 10
