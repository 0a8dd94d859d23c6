"""The picture one key press ahead: drawn before the server has been asked, and the same as its answer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import IDLE, Visit, visit

PICTURE = ".st-key-u_picture_forecast .u-picture"
SHOWN = f"document.querySelector('{PICTURE}').__data"
HERE = "document.querySelector('.u-ahead').__ahead"


@pytest.fixture
def page(browser: BrowserContext, server: str) -> Iterator[Visit]:
    """Somebody who has reached for the slider of the horizon; what it shows next is here."""
    opened = visit(browser, server, "time_series", "en").open()
    opened.page.locator(".st-key-horizon input").focus()
    opened.page.wait_for_function(f"() => {HERE}?.knows(12)")
    yield opened
    opened.page.close()


def test_a_key_press_draws_without_the_server(page: Visit) -> None:
    page.page.evaluate("() => { WebSocket.prototype.send = () => {}; }")
    before = page.page.evaluate(f"[...{SHOWN}].join()")
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function(f"(before) => [...{SHOWN}].join() !== before", arg=before)
    assert page.page.evaluate(f"{SHOWN}.length > 1000")


def test_it_is_what_the_server_shows_there(page: Visit, browser: BrowserContext, server: str) -> None:
    for _ in range(3):  # faster than the answers come
        page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("() => location.search.includes('horizon=14')")
    page.page.wait_for_selector(IDLE, state="attached")
    there = visit(browser, server, "time_series", "en").open(horizon="14")
    assert page.page.evaluate(f"[...{SHOWN}]") == there.page.evaluate(f"[...{SHOWN}]")
    there.page.close()


def test_an_answer_to_an_earlier_key_press_is_passed_over(page: Visit) -> None:
    seen = page.page.evaluate(
        f"""async () => {{
          const picture = document.querySelector('{PICTURE}').__picture, drawn = [];
          const update = picture.update;
          picture.update = (message) => {{ drawn.push(message.view.horizon); update(message); }};
          window.__drawn = drawn;
        }}"""
    )
    assert seen is None
    for _ in range(3):
        page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function("() => location.search.includes('horizon=14')")
    page.page.wait_for_selector(IDLE, state="attached")
    drawn = page.page.evaluate("window.__drawn")
    assert drawn == sorted(drawn) and drawn[-1] == 14


def test_a_key_pressed_in_the_moment_of_reaching_is_not_lost(browser: BrowserContext, server: str) -> None:
    opened = visit(browser, server, "time_series", "en").open()
    opened.page.locator(".st-key-horizon input").focus()
    opened.page.keyboard.press("ArrowRight")  # the browser sends both at once
    opened.page.wait_for_function(
        "() => document.querySelector('.u-copyable').innerText.includes('horizon=12')"
    )
    opened.page.close()
