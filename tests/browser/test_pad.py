"""A digit drawn with the mouse, with a finger, with the arrow keys, taken from a picture; the link to it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from explainers.support.drawing import FIELD, checked, prepared
from tests.browser.conftest import PATIENCE, ready, serving
from tests.ui.test_upload import digit
from ui.locale import table

SEEN = """() => { const canvas = document.querySelector('[data-grid=seen] canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return [...Array(canvas.width * canvas.height).keys()].map((i) => data[4 * i]); }"""
# From the last move of the pen to its ink in what the network sees, the server's answer between.
FASTER = """async () => {
  const sheet = document.querySelector('.u-pad-sheet'), seen = () => {
    const canvas = document.querySelector('[data-grid=seen] canvas');
    return canvas.getContext('2d').getImageData(0, 0, 28, 28).data.join(); };
  const box = sheet.getBoundingClientRect();
  const fire = (kind, x, y) => sheet.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
  sheet.setPointerCapture = () => {};
  const times = [];
  for (let i = 0; i < 12; i++) {
    const before = seen(), start = performance.now();
    fire('pointerdown', .1 + .06 * i, .2);
    for (const kind of ['pointermove', 'pointerup']) fire(kind, .15 + .06 * i, .8);
    while (seen() === before && performance.now() - start < 5000) await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 400));
  }
  return times; }"""


@pytest.fixture(scope="module")
def pads() -> Iterator[str]:
    with serving("tests/browser/one_page.py", ONE_PAGE="pad_page.py") as address:
        yield address


@pytest.fixture
def page(browser: BrowserContext, pads: str) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto(f"{pads}/?lang=en")
    ready(opened)
    yield opened
    opened.close()


def value(page: Page) -> str:
    """The drawing in the address."""
    return parse_qs(urlsplit(page.url).query).get("drawing", [""])[0]


def shown(page: Page, text: str) -> None:
    """Wait until what the page shows, and its address, is this drawing."""
    expect(page.locator("code")).to_have_text(text or "nothing")
    page.wait_for_function(
        "text => (new URLSearchParams(location.search).get('drawing') ?? '') === text", arg=text
    )


def drawn(page: Page, after: str = "") -> str:
    """Wait until another drawing than ``after`` is there; what it is."""
    expect(page.locator("code")).not_to_have_text(after or "nothing")
    page.wait_for_function(
        "text => (new URLSearchParams(location.search).get('drawing') ?? '') !== text", arg=after
    )
    return checked(value(page))


def matches(page: Page, text: str) -> None:
    """The picture beside the pad is what the drawing in the address means."""
    red = np.array(page.evaluate(SEEN)).reshape(FIELD, FIELD)
    ink = (red.max() - red) / max(1, red.max() - red.min())
    assert np.abs(ink - prepared(text)).max() < 0.02


def line(page: Page, *points: tuple[float, float], steps: int = 6) -> None:
    """One stroke with the mouse, in parts of the pad."""
    box = page.locator(".u-pad-sheet").bounding_box()
    assert box is not None
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=steps)
    page.mouse.up()


def test_a_digit_drawn_with_the_mouse_is_in_the_link(page: Page, pads: str) -> None:
    line(page, (0.3, 0.2), (0.7, 0.2), (0.45, 0.85))
    expect(page.locator("code")).to_have_text(re.compile(r"^[\w-]{6,40}$"))
    text = value(page)
    assert len(text) <= 40  # of 13 points that the mouse touched, those that matter
    matches(page, page.locator("code").inner_text())
    line(page, (0.3, 0.55), (0.7, 0.55))
    page.wait_for_function("() => location.search.includes('.')")
    expect(page.locator("code")).to_have_text(re.compile(r"\."))
    text = page.locator("code").inner_text()
    page.goto(f"{pads}/?lang=pt&drawing={text}")
    ready(page)
    shown(page, text)
    matches(page, text)
    line(page, (0.1, 0.1), (0.12, 0.12))  # what was linked is drawn on
    assert drawn(page, text).startswith(text)


def test_keys_draw_lift_and_clear(page: Page) -> None:
    words = table("en", "ui")["pad"]
    page.locator(".u-pad-sheet").focus()
    page.keyboard.press("ArrowDown")
    state = page.locator(".u-pad-state")
    assert state.inner_text() == words["up"].format(x=33, y=19)
    page.keyboard.press("Space")
    assert state.inner_text() == words["down"].format(x=33, y=19)
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    shown(page, "gSgq")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Space")
    shown(page, "gSgq.Yq")
    matches(page, "gSgq.Yq")
    page.keyboard.press("Backspace")
    shown(page, "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == words["choose"]  # clear has nothing to do


def test_clear_and_other_buttons(page: Page) -> None:
    for name in ("reset", table("en", "ui")["pad"]["clear"]):
        line(page, (0.5, 0.2), (0.5, 0.8), steps=1)
        # All of it: what the pad has still to say would be drawn after the button.
        expect(page.locator("code")).to_have_text(re.compile(r"^[\w-]{4}$"))
        page.get_by_role("button", name=name).click()
        shown(page, "")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_picture_is_read_or_refused(page: Page, pads: str, language: str, tmp_path: Path) -> None:
    page.goto(f"{pads}/?lang={language}")
    ready(page)
    errors = table(language, "ui")["errors"]
    digit().save(tmp_path / "digit.png")
    (tmp_path / "large.png").write_bytes(bytes(3_000_000))
    (tmp_path / "digit.svg").write_text("<svg/>")
    box = page.locator(".u-pad input[type=file]")
    warning = page.locator("[data-testid=stAlert]")
    for file, why in (("large.png", "picture_large"), ("digit.svg", "picture_kind")):
        box.set_input_files(tmp_path / file)
        expect(warning).to_have_text(errors[why])
        assert value(page) == ""
    box.set_input_files(tmp_path / "digit.png")
    expect(warning).to_have_count(0)
    text = drawn(page)
    assert text.startswith("~")
    matches(page, text)
    page.get_by_role("button", name=table(language, "ui")["pad"]["clear"]).click()
    shown(page, "")
    box.set_input_files(tmp_path / "digit.png")
    assert drawn(page) == text
    line(page, (0.5, 0.2), (0.5, 0.8))
    assert not drawn(page, text).startswith("~")


def test_a_hostile_link_gets_one_sentence(page: Page, pads: str) -> None:
    page.goto(f"{pads}/?lang=en&drawing=%3Cscript%3E")
    ready(page)
    sentence = table("en", "ui")["errors"]["drawing"].replace("{label}", "Your digit")
    expect(page.locator("[data-testid=stAlert]")).to_have_text(sentence)
    line(page, (0.5, 0.2), (0.5, 0.8))
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)


def test_a_finger_draws_and_does_not_scroll(page: Page) -> None:
    assert page.locator(".u-pad-sheet").evaluate("e => getComputedStyle(e).touchAction") == "none"
    heights = page.eval_on_selector_all(
        ".u-pad button", "all => all.map((e) => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24


def test_a_stroke_is_seen_at_once(page: Page) -> None:
    times = sorted(page.evaluate(FASTER))
    print("ms from stroke to picture:", [round(ms) for ms in times])
    assert times[6] < 400  # nothing is waited for; how fast it is, is measured apart


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.locator(".u-pad-sheet").focus()
    found = Axe().run(page)
    mine = [violation for violation in found.response["violations"] if "u-pad" in str(violation["nodes"])]
    assert not mine, mine
    page.emulate_media(color_scheme="light")
