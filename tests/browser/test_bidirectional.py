"""The two passes in a browser: all that a number was made from stands out, from either end."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import visit

WORDS = 7


@pytest.fixture(scope="module", params=[1280, 360])
def page(browser: BrowserContext, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = visit(browser, server, "bidirectional", "en", request.param).open()
    yield opened.page
    opened.page.close()


def standing_out(page: Page, name: str) -> set[str]:
    """The grids that do not fade while the first cell of one is touched."""
    return set(
        page.evaluate(
            """(name) => { const root = document.querySelector('.u-picture');
            root.querySelector(`[data-key='${name}|0|0']`)
              .dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
            return [...root.querySelectorAll('.u-grid:not(.u-later) .u-cell')]
              .map((cell) => cell.dataset.key.split('|')[0]); }""",
            name,
        )
    )


def names(way: str, first: int, last: int) -> set[str]:
    return {f"{way}{t}" for t in range(first, last + 1)}


def test_each_pass_has_read_from_its_own_end(page: Page) -> None:
    assert standing_out(page, "ahead3") == names("ahead", 1, 3) | names("word", 1, 3)
    assert standing_out(page, "back3") == names("back", 3, WORDS) | names("again", 3, WORDS)


def test_the_answer_is_made_from_all_of_the_sentence(page: Page) -> None:
    ahead = names("ahead", 1, 4) | names("word", 1, 4)
    back = names("back", 4, WORDS) | names("again", 4, WORDS)
    assert standing_out(page, "answer4") == {"answer4"} | ahead | back


def test_the_sentence_stands_twice_where_there_is_room_for_it(page: Page) -> None:
    wide = page.viewport_size is not None and page.viewport_size["width"] == 1280
    seen = page.locator(".u-picture").first.locator("[data-key^='again']:visible").count()
    assert seen == (WORDS if wide else 0)
    area = page.locator(".u-picture").first.locator(".u-area")
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")


def test_arrows_follow_words_of_another_length(browser: BrowserContext, server: str) -> None:
    """Asked for the next word, the answers are words, and other ones at every checkpoint."""
    opened = visit(browser, server, "bidirectional", "en")
    page = opened.open(task="next_word", steps="80").page
    picture = page.locator(".u-picture").first
    for key in ("Home", "End"):
        picture.get_by_role("slider", name="training").press(key)
        aside = picture.evaluate(
            """(root) => { const middle = (box) => box.left + box.width / 2;
            const grid = (name) => root.querySelector(`[data-key='${name}|0|0']`).closest('.u-grid');
            return [...root.querySelectorAll('g[data-start^=word]')].map((arrow) =>
              Math.abs(middle(arrow.lastChild.previousSibling.getBoundingClientRect())
                - middle(grid(arrow.dataset.end).getBoundingClientRect()))); }"""
        )
        assert len(aside) == WORDS
        assert max(aside) < 2, key
    page.close()
