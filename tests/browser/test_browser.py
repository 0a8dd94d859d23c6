"""What only a browser shows: every page in both languages and themes, large and small, to a screen reader."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, Visit, in_language
from ui.locale import LANGUAGES, table

# A cold deep link probes these two below its own path before it tries the root: harmless.
PROBES = ("/_stcore/health", "/_stcore/host-config")
THEMES = ("light", "dark")


@pytest.fixture(scope="module", params=LANGUAGES)
def opened(shown: Visit, request: pytest.FixtureRequest) -> Visit:
    """The page in each language, as somebody sees it who changes the language."""
    return in_language(shown, request.param)


def wear(page: Page, theme: str) -> None:
    """Change the theme as the system does, and wait until the app and its pictures follow."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.wait_for_function(
        "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme", arg=theme
    )


@pytest.mark.parametrize("theme", THEMES)
def test_no_serious_violation(opened: Visit, theme: str) -> None:
    """The other theme has the same elements in other colours."""
    wear(opened.page, theme)
    # No rule that is asked reads the style sheets again, which axe would fetch.
    options = {"resultTypes": ["violations"], "preload": False}
    options |= {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    found = [
        (violation["id"], node["html"][:200])
        for violation in Axe().run(opened.page, options=options).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert not found


def test_a_picture_changes_its_colours_with_the_theme(shown: Visit) -> None:
    # Which there are, not how many of each: a chart that was resized has other ticks once it comes to that.
    colours = """() => [...new Set([...document.querySelectorAll(
        '.u-picture:first-of-type :is(.u-cell, .u-title, .xtitle, .xtick text, .gtitle)')].map((e) => {
          const s = getComputedStyle(e);
          return e.tagName === 'text' ? s.fill : s.color + s.backgroundColor; }))].sort()"""
    wear(shown.page, "light")
    # A picture follows the app in its own time: wait until it has stopped changing.
    light = shown.page.evaluate(
        f"""() => new Promise((done) => {{ let before = [], same = 0; const look = () => {{
        const now = ({colours})(); same = String(now) === String(before) ? same + 1 : 0; before = now;
        same > 15 ? done(now) : requestAnimationFrame(look); }}; look(); }})"""
    )
    assert light
    wear(shown.page, "dark")
    shown.page.wait_for_function(f"light => String(({colours})()) !== light", arg=",".join(light))
    wear(shown.page, "light")
    shown.page.wait_for_function(f"light => String(({colours})()) === light", arg=",".join(light))


def test_what_is_read_and_what_is_touched_is_large_enough(opened: Visit) -> None:
    """Text on a picture at least 12 px, a control at least 24 px, cells 24 px from one another."""
    small = opened.page.evaluate(
        """() => [...document.querySelectorAll('.u-picture *')].filter((e) => seen(e)
        && [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim())
        && parseFloat(getComputedStyle(e).fontSize) < 12).map((e) => e.outerHTML.slice(0, 200))"""
    )
    assert not small
    tight = opened.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, summary, [role=radio], [role=slider]')]
        .filter((e) => seen(e) && !e.closest('[data-testid=stToolbar]'))
        .map((e) => e.type === 'checkbox' ? e.closest('label') : e) // the box of a switch is out of sight
        .map((e) => [e.outerHTML.slice(0, 200), e.getBoundingClientRect()])
        .filter(([, box]) => Math.min(box.width, box.height) < 24 && box.width > 1).map(([html]) => html)"""
    )
    assert not tight
    crowded = opened.page.evaluate(
        """() => [...document.querySelectorAll('.u-cells')].flatMap((grid) => {
        const middles = [...grid.querySelectorAll('.u-cell:not([data-gap])')].map((e) => {
          const b = e.getBoundingClientRect(); return [(b.left + b.right) / 2, (b.top + b.bottom) / 2]; });
        return middles.flatMap(([x, y], i) => middles.slice(i + 1).map(([a, b]) => Math.hypot(a - x, b - y)));
        }).filter((distance) => distance < 23.5)"""
    )
    assert not crowded


def words_cut(page: Page) -> list[str]:
    """The words of charts, also out of sight, that reach over the edge of their drawing as it fits now."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('.u-canvas')].filter((e) => seen(e)).every((e) => e.firstChild
        && [...e.querySelectorAll('.main-svg')].every((s) => Math.abs(s.clientWidth - e.clientWidth) < 2))"""
    )
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.u-canvas')].flatMap((chart) => {
        const { left, right } = chart.getBoundingClientRect();
        return [...chart.querySelectorAll('.main-svg text')].filter((word) => {
          const box = word.getBoundingClientRect();
          return word.textContent.trim() && box.width && (box.left < left - 1 || box.right > right + 1);
        }).map((word) => word.textContent); })"""
    )
    return found


def test_no_word_of_a_chart_is_cut(opened: Visit) -> None:
    assert not words_cut(opened.page)


@pytest.mark.parametrize(("what", "width"), [("a phone", 360), ("200 % zoom", DESKTOP[0] // 2)])
def test_nothing_is_scrolled_sideways(opened: Visit, what: str, width: int) -> None:
    del what
    page = opened.page
    page.set_viewport_size({"width": width, "height": 740})
    page.wait_for_function(
        """(most) => [document.documentElement, document.querySelector('[data-testid=stMain]')]
        .every((e) => e.scrollWidth <= most)""",
        arg=width,
    )
    assert page.locator("h1").inner_text() == table(opened.language, opened.name)["title"]
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.stMainBlockContainer :is(h1, button, .u-picture)')]
        .filter((e) => seen(e)).map((e) => [e.outerHTML.slice(0, 100), e.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth)).map(([html]) => html)"""
    )
    assert not cut
    assert not words_cut(page)
    # What scrolls can be reached with the keyboard: axe's rule alone, which needs no time.
    found = Axe().run(page, options={"runOnly": ["scrollable-region-focusable"], "preload": False})
    assert not found.response["violations"]
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def test_nothing_leaves_the_server_and_nothing_fails(opened: Visit) -> None:
    """Over all that was done above."""
    host = opened.server.removeprefix("http://")
    assert all(url.split("/")[2] == host for url in opened.asked if url.startswith(("http", "ws")))
    assert not [error for error in opened.errors if not any(probe in error for probe in PROBES)]
