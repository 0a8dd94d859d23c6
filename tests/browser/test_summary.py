"""The summary in a browser: pictures of real runs, a wrong answer that leads to its experiment, and back."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import IDLE, PATIENCE, SEEN, ready
from ui.locale import Words, table


@pytest.fixture(scope="module")
def page(browser: BrowserContext, server: str) -> Iterator[Page]:
    opened = browser.new_page()
    opened.add_init_script(SEEN)
    opened.set_default_timeout(PATIENCE)
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto(f"{server}/summary?lang=en")
    opened.locator(".u-mini").first.wait_for()  # the other runs may still be on their way
    yield opened
    opened.close()


def test_the_pictures_fit_their_cards_and_can_be_read(page: Page) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        main = page.locator("[data-testid=stMain]")
        assert main.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        sizes = page.eval_on_selector_all(
            ".u-mini :is(span, b)", "all => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 12
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    violations = Axe().run(page).response["violations"]
    found = [(one["id"], node["html"][:120]) for one in violations for node in one["nodes"]]
    page.emulate_media(color_scheme="light")
    assert not [pair for pair in found if "u-mini" in str(pair) or pair[0] == "color-contrast"], found


def test_a_wrong_answer_leads_to_the_experiment_and_back(page: Page) -> None:
    words, card = Words("en", "summary"), page.locator(".st-key-u_predict_check_lstm_1")
    options = table("en", "lstm")["predict"][0]["options"]
    for name in ("LSTM", words.page["title"]):  # the link counts, and not how the page was left
        page.locator("[data-testid=stSidebarNavLink]", has_text=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.wait_for_selector(IDLE, state="attached")
    card.get_by_text(options[0]["text"], exact=True).click()
    expect(card).to_contain_text(options[0]["answer"].split(".")[0])
    wrong = words.fill(words.page["check"]["score"], {"right": 0, "answered": 1, "all": 12})
    expect(page.locator(".u-score")).to_have_text(wrong)
    card.get_by_role("link").click()
    page.wait_for_url(re.compile(r"/lstm\?.*hold=forget_shut"))
    ready(page)
    assert "lang=en" in page.url
    shut = table("en", "lstm")["controls"]["hold"]["options"]["forget_shut"]
    expect(page.locator(".st-key-hold").get_by_role("combobox")).to_have_value(shut)
    page.go_back()
    expect(page.locator(".u-score")).to_have_text(wrong)  # it was kept
    right = next(option for option in options if option.get("right"))
    page.locator(".st-key-u_predict_check_lstm_1").get_by_text(right["text"], exact=True).click()
    expect(page.locator(".u-score")).to_have_text(
        words.fill(words.page["check"]["score"], {"right": 1, "answered": 1, "all": 12})
    )


def test_a_card_leads_to_the_state_that_shows_it(page: Page) -> None:
    page.locator(".st-key-u_keep_average_pooling").get_by_role("link").click()
    page.wait_for_url(re.compile(r"/average_pooling\?.*shuffle=1"))
    ready(page)
    assert page.locator(".st-key-shuffle input").first.input_value() == "1"
