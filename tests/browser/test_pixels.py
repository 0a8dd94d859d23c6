"""Pixel grids in a browser: every pixel answers, by pointer and keyboard; a step is drawn within a frame."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, ready, serving
from tests.browser.pixels_page import MANY, picture

SCRUBBER = ".u-scrub:not([hidden]) input"
HIT = """([name, r, c]) => { const canvas = document.querySelector(`[data-grid=${name}] canvas`);
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const [x, y] = [left + (c + .5) * width / canvas.width, top + (r + .5) * height / canvas.height];
  canvas.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: x, clientY: y }));
  return document.querySelector('.u-arithmetic').textContent; }"""
MARKS = """([name, kind]) => [...document.querySelectorAll(`[data-grid=${name}] ${kind}`)]
  .map((mark) => ['x', 'y', 'w', 'h'].map((key) => Number(mark.style.getPropertyValue('--' + key))))"""
COLOUR = """([name, r, c]) => [...document.querySelector(`[data-grid=${name}] canvas`).getContext('2d')
  .getImageData(c, r, 1, 1).data].slice(0, 3)"""
NOW = """() => { const sheet = document.activeElement, mark = sheet.querySelector('.u-self');
  const at = mark ? ['y', 'x'].map((key) => Number(mark.style.getPropertyValue('--' + key))) : [];
  return [sheet.dataset.grid ?? sheet.dataset.key, ...at]; }"""

# The numbers of a new drawing, its frames the other way round: of the newest frame alone, or of all.
ANEW = """(alone) => { const root = document.querySelector('.u-picture');
  const message = JSON.parse(new TextDecoder().decode(root.__data)), { frames } = message.spec;
  frames.forEach((frame, i) => Object.assign(frame, { ink: frames[0].ink }));
  frames.reverse();
  if (alone) frames.splice(0, frames.length - 1);
  root.__picture.update(message); }"""
STANDS = """() => [document.querySelector('.u-scrub:not([hidden]) output').textContent,
  document.querySelector('[data-grid=map] canvas').toDataURL()]"""


@pytest.fixture(scope="module")
def pixels() -> Iterator[str]:
    with serving("tests/browser/one_page.py", ONE_PAGE="pixels_page.py") as address:
        yield address


@pytest.fixture(scope="module", params=[1280, 360])
def page(browser: BrowserContext, pixels: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.set_viewport_size({"width": request.param, "height": 900})
    opened.goto(f"{pixels}/?a=1")
    ready(opened)
    yield opened
    opened.close()


def scrub(page: Page, to: int) -> None:
    page.locator(SCRUBBER).fill(str(to))


def test_a_pixel_says_how_it_is_computed(page: Page) -> None:
    scrub(page, 11)
    line = page.evaluate(HIT, ["map", 10, 9])
    assert line.startswith("+1.00·0.00")
    assert "= −4.00" in line
    assert line.endswith("A −0.33")  # run A's number stands beside it
    numbers = re.findall(r"[+-]?\d\.\d\d", line.split("=")[0].replace("− ", "-").replace("−", "-"))
    parts = [float(number) for number in numbers]
    assert sum(a * b for a, b in zip(parts[::2], parts[1::2], strict=True)) == -4
    assert page.evaluate(MARKS, ["ink", ".u-looks"]) == [[8, 9, 3, 3]]
    assert page.evaluate(MARKS, ["map", ".u-self"]) == [[9, 10, 1, 1]]


def test_strides_and_the_edge(page: Page) -> None:
    scrub(page, 11)
    assert page.evaluate(HIT, ["pooled", 7, 9]).startswith("max(+4.00, +4.00, +4.00, +4.00)")
    assert page.evaluate(MARKS, ["map", ".u-source"]) == [[18, 14, 2, 2]]
    assert page.evaluate(MARKS, ["ink", ".u-looks"]) == [[17, 13, 4, 4]]
    page.evaluate(HIT, ["map", 0, 0])  # at the corner it looks at less
    assert page.evaluate(MARKS, ["ink", ".u-looks"]) == [[0, 0, 2, 2]]
    assert "·0.00" in page.locator(".u-arithmetic").inner_text()


def test_a_pixel_without_a_sum_says_its_number(page: Page) -> None:
    assert page.evaluate(HIT, ["ink", 12, 12]).startswith("picture[12, 12] = 1.00")


def test_colours_are_numbers(page: Page) -> None:
    scrub(page, 11)
    paper, ink = (page.evaluate(COLOUR, ["ink", *at]) for at in ((0, 0), (12, 12)))
    assert sum(paper) > 600
    assert sum(ink) < 120
    below, zero, above = (page.evaluate(COLOUR, ["map", *at]) for at in ((12, 9), (0, 0), (12, 18)))
    assert zero == paper
    assert below[2] > below[0]
    assert above[0] > above[2]
    scrub(page, 2)
    assert sum(page.evaluate(COLOUR, ["map", 12, 18])) > sum(above)
    scrub(page, 11)


def test_boxes_and_the_one_of_the_touched_cell(page: Page) -> None:
    assert page.evaluate(MARKS, ["ink", ".u-box"]) == [[8.5, 8.5, 11, 11], [1, 1, 9, 8]]
    page.evaluate(HIT, ["pooled", 6, 6])
    assert page.evaluate(MARKS, ["ink", ".u-thick"]) == [[8.5, 8.5, 11, 11]]
    page.evaluate(HIT, ["pooled", 6, 7])
    assert page.evaluate(MARKS, ["ink", ".u-thick"]) == []
    sizes = page.eval_on_selector_all(
        ".u-box span", "all => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 12


def test_arrow_keys_go_through_a_picture_and_out_of_it(page: Page) -> None:
    page.locator("[data-grid=map]").focus()
    page.evaluate(HIT, ["map", 5, 1])
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(NOW) == ["map", 5, 0]
    page.keyboard.press("ArrowDown")
    assert page.evaluate(NOW) == ["map", 6, 0]
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate(NOW)[0] == "pooled"
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate(NOW)[0] == "map"
    page.evaluate(HIT, ["map", 0, 0])
    page.keyboard.press(
        "ArrowLeft" if "u-narrow" not in str(page.locator(".u-layout").get_attribute("class")) else "ArrowUp"
    )
    assert page.evaluate(NOW)[0].startswith("kernel")
    assert page.eval_on_selector_all(".u-layout [tabindex='0']", "all => all.length") == 1


def test_all_of_it_is_on_the_screen(page: Page) -> None:
    area = page.locator(".u-area")
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")


def test_a_step_is_drawn_within_a_frame(page: Page) -> None:
    """Twelve frames of about 8,700 pixels, through the scrubber; the first passes unpack them."""
    page.locator(SCRUBBER).scroll_into_view_if_needed()
    times = page.evaluate(
        """() => { const scrubber = document.querySelector('.u-scrub:not([hidden]) input');
        const go = (to) => { scrubber.value = to; const start = performance.now();
          scrubber.dispatchEvent(new Event('input')); return performance.now() - start; };
        return [0, 1].map(() => [...Array(12).keys()].map(go)); }"""
    )
    print("ms a step:", [[round(ms, 1) for ms in row] for row in times])
    assert sorted(times[1])[6] < 16


def test_the_newest_frame_comes_first_and_no_two_drawings_are_mixed(page: Page) -> None:
    shown = {}
    for step in (2, 11, 9, 0):
        scrub(page, step)
        shown[step] = page.evaluate(STANDS)
    page.evaluate(ANEW, True)
    assert page.evaluate(STANDS) == shown[0]  # who looks at another frame waits for the whole
    scrub(page, 11)
    page.evaluate(ANEW, True)
    now = ["step 11", shown[0][1]]
    assert page.evaluate(STANDS) == now
    scrub(page, 2)
    assert page.evaluate(STANDS) == now  # not yet here
    page.evaluate(ANEW, False)
    assert page.evaluate(STANDS) == ["step 2", shown[9][1]]


def test_the_table_has_rows_of_pixels_but_not_all(page: Page) -> None:
    page.locator("summary").first.click()
    rows = page.locator(".u-table tbody tr")
    expect(rows).to_have_count(9 + 2 + 28 + 28 + 14 + MANY * 24)
    assert rows.nth(0).inner_text().startswith("picture")
    page.locator("summary").first.click()


def test_accessible(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        mine = [v for v in found.response["violations"] if "u-" in str(v["nodes"])]
        assert not mine, mine
    page.emulate_media(color_scheme="light")


def test_the_picture_is_what_the_test_says() -> None:
    assert {grid.kind for grid in picture().grids} == {"ink", "map", "signed"}
