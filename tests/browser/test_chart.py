"""Charts in a browser: on a phone the lines have the room, and their names stand above them."""

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import visit
from ui.locale import table


@pytest.mark.parametrize("width", [1280, 360])
def test_the_names_of_lines_leave_them_room(browser: BrowserContext, server: str, width: int) -> None:
    page = visit(browser, server, "one_hot", "en", width).open().page
    chart = page.locator(".u-picture", has=page.locator(".u-key")).last
    chart.scroll_into_view_if_needed()
    chart.locator(".nsewdrag").first.wait_for(state="attached")
    names = chart.locator(".u-key span").all_inner_texts()
    room, whole = (
        chart.locator(of).first.evaluate("e => e.getBoundingClientRect().width")
        for of in (".nsewdrag", ".u-canvas")
    )
    assert room > whole / 2
    if width == 360:
        assert [name.rsplit(" ", 1)[0] for name in names] == [
            "ids as numbers",
            "one-hot",
            "embedding",
            "chance",
        ]
        assert room > whole * 0.7
    else:
        assert not names
    page.close()


@pytest.mark.parametrize(("name", "first"), [("gradients", True), ("embedding", False)])
def test_a_picture_opens_where_it_teaches(
    browser: BrowserContext, server: str, name: str, first: bool
) -> None:
    page = visit(browser, server, name, "en").open().page
    scrubber = page.locator(".u-picture .u-scrub input").first
    ends = scrubber.evaluate("s => [s.value === '0', s.value === s.max]")
    assert ends == [first, not first]
    page.close()


def test_a_frame_has_all_its_names_and_is_the_same_drawn_and_as_a_copy(
    browser: BrowserContext, server: str
) -> None:
    page = visit(browser, server, "embedding", "en").open().page
    found = page.evaluate(
        """async () => {
          const root = document.querySelector('.u-picture');
          const [canvas, range] = ['.u-canvas', '.u-scrub input'].map((of) => root.querySelector(of));
          const frame = () => new Promise(requestAnimationFrame);
          const some = (names) => names.map((name) => name.trim()).filter((name) => name).join();
          const lost = [];
          const pass = async () => {
            const looks = [];
            for (let k = range.max; k >= 0; k--) {
              range.value = k;
              range.dispatchEvent(new Event('input'));
              await frame();
              looks.push(canvas.innerHTML);
              const texts = [...canvas.querySelectorAll('.textpoint text')].map((e) => e.textContent);
              const wanted = canvas.data.flatMap(({ text }) => text);
              if (!range.matches(':focus') && some(texts) !== some(wanted)) lost.push(k);
            }
            return looks;
          };
          range.blur();
          const drawn = await pass(), live = canvas.firstChild;
          range.focus();
          await pass();
          const copied = await pass(), copy = canvas.firstChild;
          while (canvas.firstChild !== live) await frame();
          return {
            lost,
            same: drawn.map((look, k) => look === copied[k]),
            copies: copy !== live,
            rest: canvas.innerHTML === drawn.at(-1),
          };
        }"""
    )
    assert not found["lost"]
    assert all(found["same"])
    assert found["copies"]
    assert found["rest"]
    page.close()


APART = """async (of) => {
  const root = document.querySelector('.u-picture'), range = root.querySelector('.u-scrub input');
  const plane = root.querySelector('.nsewdrag').getBoundingClientRect(), found = [];
  for (let k = 0; k <= range.max; k++) {
    range.value = k;
    range.dispatchEvent(new Event('input'));
    await new Promise(requestAnimationFrame);
    const names = [...root.querySelectorAll(of)].filter((e) => e.textContent.trim());
    const boxes = names.map((e) => [e.textContent, e.getBoundingClientRect()]);
    for (const [name, box] of boxes) {
      if (box.left < plane.left - 8 || box.right > plane.right + 8) found.push([k, name]);
      for (const [other, at] of boxes) {
        const across = Math.min(box.right, at.right) - Math.max(box.left, at.left);
        const up = Math.min(box.bottom, at.bottom) - Math.max(box.top, at.top);
        if (name < other && across > 1 && up > 5) found.push([k, name, other]);
      }
    }
    if (names.length < 4) found.push([k]);
  }
  return found;
}"""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(("name", "words"), [("embedding", ".textpoint text"), ("gradients", ".xtick text")])
def test_words_in_a_picture_stand_apart_and_inside(
    browser: BrowserContext, server: str, name: str, words: str, width: int
) -> None:
    page = visit(browser, server, name, "pt", width).open().page
    assert page.evaluate(APART, words) == []
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_longest_bar_leaves_a_slow_server_room_for_its_time(
    browser: BrowserContext, server: str, width: int
) -> None:
    page = visit(browser, server, "transfer", "pt", width).open().page
    canvas = page.locator(".u-canvas", has=page.locator(".bartext")).last
    canvas.scroll_into_view_if_needed()
    cut = canvas.evaluate(
        """async (canvas) => {
          const plot = canvas.querySelector('.js-plotly-plot') ?? canvas;
          await Plotly.restyle(plot, { text: plot.data.map(() => ['19.999,9 ms']) });
          const { right } = canvas.getBoundingClientRect();
          const texts = [...canvas.querySelectorAll('.bartext')];
          const words = texts.filter((word) => word.textContent.includes('999'));
          return [words.length, words.filter((word) => word.getBoundingClientRect().right > right).length];
        }"""
    )
    assert cut == [8, 0]
    page.close()


def test_run_a_is_drawn_over_it_only_where_the_axes_are_the_same(
    browser: BrowserContext, server: str
) -> None:
    page = visit(browser, server, "embedding", "pt").open(a='{"seed":8}').page
    names = page.wait_for_function(
        """() => {
          const of = (name) => document.querySelector(`.st-key-u_picture_${name}`);
          const charts = ['map', 'distances'].map(of);
          const drawn = charts.map((chart) => chart?.querySelector('.u-canvas')?.data);
          const a = (traces) => traces?.some(({ name }) => `${name}`.endsWith('(A)'));
          // Out of sight a picture comes when there is time.
          const both = charts[0]?.querySelector('.u-apart')?.textContent && a(drawn[1]);
          return both && drawn.every((traces) => traces?.length) && charts.map((chart, k) => [
            chart.querySelector('.u-apart').textContent,
            drawn[k].filter(({ name }) => `${name}`.endsWith('(A)')).map(({ line }) => line.dash)]); }"""
    ).json_value()
    assert names == [[table("pt", "ui")["picture"]["alone"], []], ["", ["dash", "dash"]]]
    page.close()
