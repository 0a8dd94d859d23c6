"""The unrolled network in a browser: stepped, touched and turned without the server."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from tests.browser.conftest import visit
from ui.locale import table

LINE = ".u-arithmetic"
WORDS = ["the", "film", "was", "not", "boring"]


@pytest.fixture(scope="module", params=[1280, 360])
def page(browser: BrowserContext, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = visit(browser, server, "hidden_states", "en", request.param).open()
    yield opened.page
    opened.page.close()


def network(page: Page) -> Locator:
    return page.locator(".u-picture").first


def test_the_words_are_stepped_by_keyboard(page: Page) -> None:
    line, scrubber = network(page).locator(LINE), network(page).get_by_role("slider", name="word")
    scrubber.focus()
    page.keyboard.press("Home")
    assert "h₀ = 0" in line.inner_text()
    for t, word in enumerate(WORDS, start=1):
        page.keyboard.press("ArrowRight")
        assert f"h{'₀₁₂₃₄₅'[t]}[0] = tanh(" in line.inner_text()
        assert scrubber.get_attribute("aria-valuetext") == f"{t} of 5: {word}"
        later = network(page).locator(".u-grid.u-later .u-caption-of:not(.u-when-narrow)").all_inner_texts()
        assert later == WORDS[t:]
        words = network(page).locator("g.u-hot text").all_text_contents()
        assert sorted(words) == ["W_hh", "W_ih"]


def test_a_touched_cell_answers_in_the_same_frame(page: Page) -> None:
    """The arithmetic stands there before the event's handler returns: nothing waits, nobody is asked."""
    found = page.evaluate(
        """() => { const root = document.querySelector('.u-picture');
        const line = root.querySelector('.u-arithmetic');
        return [...root.querySelectorAll('.u-signed .u-cell')].map((cell) => {
          cell.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
          return [cell.textContent, line.textContent]; }); }"""
    )
    assert len(found) == 6 * 6 + 5 * 4
    assert all(cell in line for cell, line in found if not line.startswith("h₀"))


def test_a_step_answers_in_the_same_frame(page: Page) -> None:
    found = page.evaluate(
        """() => { const root = document.querySelector('.u-picture');
        const [line, scrubber] = ['.u-arithmetic', '.u-scrub input'].map((of) => root.querySelector(of));
        return [...Array(6).keys()].map((t) => {
          scrubber.value = t;
          scrubber.dispatchEvent(new Event('input'));
          return line.textContent.slice(0, 2); }); }"""
    )
    assert found == ["h₀", "h₁", "h₂", "h₃", "h₄", "h₅"]


def test_the_arithmetic_adds_up_on_the_screen(page: Page) -> None:
    network(page).locator("[data-key='state4|2|0']").click()
    numbers = network(page).locator(f"{LINE} .u-term :last-child").all_inner_texts()
    assert len(numbers) == 4
    total = sum(float(number.replace("−", "-")) for number in numbers)
    text = network(page).locator(LINE).inner_text()
    shown = float(text.split("tanh(")[-1].split(")")[0].replace("−", "-"))
    assert total == pytest.approx(shown, abs=0.021)  # four numbers of two places


def test_all_of_it_is_on_the_screen(page: Page) -> None:
    area = network(page).locator(".u-area")
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")
    narrow = network(page).locator(".u-layout").evaluate("layout => layout.className.includes('u-narrow')")
    assert narrow is (page.viewport_size is not None and page.viewport_size["width"] == 360)


def test_a_number_does_not_fill_its_cell(browser: BrowserContext, server: str) -> None:
    """On a phone, where there is room for wider ones, as on home."""
    opened = visit(browser, server, "home", "en", 360).open()
    cells = network(opened.page).locator(".u-signed .u-cell")
    left = cells.evaluate_all(
        """(cells) => cells.map((cell) => {
            const text = document.createRange();
            text.selectNodeContents(cell);
            return cell.clientWidth - text.getBoundingClientRect().width; })"""
    )
    opened.page.close()
    assert left and min(left) >= 2


def test_it_follows_its_width(page: Page) -> None:
    """One grid under the other on a phone, side by side on a desktop, wherever it was opened."""
    before = page.viewport_size
    assert before is not None
    for width, narrow in [(360, True), (1280, False), (360, True), (1280, False)]:
        page.set_viewport_size({"width": width, "height": before["height"]})
        page.wait_for_function(
            """(narrow) => { const layout = document.querySelector('.u-picture .u-layout');
            return layout.classList.contains('u-narrow') === narrow
              && layout.offsetWidth <= layout.parentElement.clientWidth + 1; }""",
            arg=narrow,
        )
    page.set_viewport_size(before)


def test_it_measures_once(page: Page) -> None:
    """What it holds makes it higher, and is no reason to look for places again."""
    looks = page.evaluate(
        """async () => { const root = document.querySelector('.u-picture');
        const [layout, area] = ['.u-layout', '.u-area'].map((of) => root.querySelector(of));
        let looks = 0;
        const watch = new MutationObserver(() => { looks += 1; });
        watch.observe(layout, { attributes: true, subtree: true });
        const more = area.appendChild(document.createElement('div'));
        more.style.height = '40px';
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        more.remove();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        watch.disconnect();
        return looks; }"""
    )
    assert looks == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_each_stage_of_the_journey_is_drawn_and_leads_to_its_page(
    browser: BrowserContext, server: str, width: int
) -> None:
    page = visit(browser, server, "home", "pt", width).open().page
    journey = network(page)
    links = [link for link in journey.locator("a").all() if link.is_visible()]
    pages = [urlsplit(link.get_attribute("href") or "").path.strip("/") for link in links]
    assert set(pages) == {"one_hot", "embedding", "average_pooling"}
    assert len(pages) == len({link.inner_text() for link in links}), "each leads on once"
    words = journey.locator(".u-word").count()
    for kind in ("plain", "signed"):
        assert sum(grid.is_visible() for grid in journey.locator(f".u-{kind}").all()) >= words
    links[-1].press("Enter")
    page.wait_for_selector(f"h1:has-text('{table('pt', pages[-1])['title']}')")
    page.close()
