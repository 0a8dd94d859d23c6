"""The inside of an LSTM in a browser: every number says how it is made, and nobody is asked."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import Visit, visit


@pytest.fixture(scope="module", params=[1280, 360])
def page(browser: BrowserContext, server: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The page with room and on a phone."""
    opened = visit(browser, server, "lstm", "en", request.param).open()
    yield opened
    opened.page.close()


def test_every_cell_answers_in_the_same_frame(page: Visit) -> None:
    before = len(page.sent)
    found = page.page.evaluate(
        """() => { const root = document.querySelector('.u-picture');
        const line = root.querySelector('.u-arithmetic');
        return [...root.querySelectorAll('.u-signed .u-cell')].map((cell) => {
          cell.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
          return [cell.textContent, line.textContent]; }); }"""
    )
    assert len(found) == 5 * 2 * 6  # five steps, two units: i, f, g, o, c, h
    assert all(line.endswith(cell) for cell, line in found)
    assert all(("σ(" in line) or ("tanh(" in line) or ("·" in line) for _, line in found)
    assert len(page.sent) == before


def test_all_of_it_is_on_the_screen(page: Visit) -> None:
    area = page.page.locator(".u-picture").first.locator(".u-area")
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")
