"""The main path of every page with the keyboard alone; what the browser does without asking the server."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from explainers.support.pictures import SHARES
from explainers.support.registry import find, names
from tests.browser.conftest import Visit, in_language, ready, visit
from ui.controls import limit
from ui.locale import LANGUAGES, table

FOCUSABLE = "button, input, select, textarea, summary, a[href], [tabindex='0']"


@pytest.fixture(scope="module")
def at(shown: Visit) -> Visit:
    """Each page; every second one in Portuguese."""
    return in_language(shown, list(LANGUAGES)[names().index(shown.name) % 2])


def scrubber(at: Visit) -> Locator:
    """The slider of the first picture that has one."""
    return at.page.locator(".u-scrub:not([hidden]) input").first


def test_tab_reaches_everything_in_the_order_of_the_page(at: Visit) -> None:
    page = at.page
    count = page.evaluate(
        """(focusable) => {
        window.reached = [];
        document.addEventListener('focusin', (event) => reached.push(event.target));
        window.wanted = () => [...document.querySelectorAll(focusable)].filter((e) =>
          seen(e) && e.tabIndex >= 0 && !e.disabled && e.getBoundingClientRect().width > 1);
        document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex');
        return wanted().length; }""",
        FOCUSABLE,
    )
    # Of a group of radios one is enough: arrow keys do the rest. Pictures out of sight come when there is
    # time, so that there may be more to reach than were counted.
    missed, presses = ["not begun"], 0
    while (missed or presses < count + 10) and presses < 2 * count + 40:
        page.keyboard.press("Tab")
        presses += 1
        if presses % 10:
            continue
        missed = page.evaluate(
            """() => wanted().filter((e) => !reached.includes(e)).filter((e) => e.role !== 'radio' ||
            !reached.some((other) => other.closest('[role=radiogroup]') === e.closest('[role=radiogroup]')))
            .map((e) => e.outerHTML.slice(0, 200))"""
        )
    assert not missed
    order = page.evaluate(
        """() => ['[class*=st-key-u_predict] button', '.st-key-u_stage input',
        '.u-scrub:not([hidden]) input', '[class*=st-key-break_] button', '.st-key-csv button']
        .map((selector) => reached.findIndex((e) => e.matches(selector)))"""
    )
    assert min(order) >= 0
    assert order[0] < order[1] < order[2] < order[4]
    plain = page.evaluate(
        """() => { const all = [...new Set(reached)].filter((e) => e.closest('.u-picture'));
        return all.filter((e) => seen(e)).filter((e) => { e.focus({ focusVisible: true });
          return getComputedStyle(e).outlineStyle === 'none'; }).map((e) => e.outerHTML.slice(0, 100)); }"""
    )
    assert not plain, "the focus cannot be seen"


def test_an_answer_is_chosen_and_its_reply_read(at: Visit) -> None:
    page = at.page
    question = table(at.language, at.name)["predict"][0]
    page.locator("[class*=st-key-u_predict] [role=radio]").first.focus()
    page.keyboard.press("Space")
    page.get_by_text(question["options"][0]["answer"][:40]).first.wait_for()
    ready(page)
    chosen = page.locator(".st-key-u_predict_1 [role=radio][aria-checked=true]")
    assert chosen.inner_text() == question["options"][0]["text"]


def test_arrow_keys_scrub_without_the_server(at: Visit) -> None:
    page = at.page
    picture = scrubber(at).locator("xpath=ancestor::*[contains(@class, 'u-picture')]")
    shown = picture.locator(".u-canvas")
    scrubber(at).focus()
    before = len(at.sent)
    page.keyboard.press("End")
    last, end = scrubber(at).get_attribute("aria-valuetext"), shown.evaluate("e => e.innerHTML")
    steps = [last]
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
        steps.append(scrubber(at).get_attribute("aria-valuetext"))
    assert len(set(steps)) == 4
    page.keyboard.press("Home")
    assert scrubber(at).input_value() == "0"
    shown.evaluate("(e, end) => new Promise((done) => { const look = () => e.innerHTML !== end ? done() : "
                   "requestAnimationFrame(look); look(); })", end)  # fmt: skip
    page.keyboard.press("End")
    assert scrubber(at).get_attribute("aria-valuetext") == last
    assert len(at.sent) == before


def test_space_plays_and_pauses(at: Visit) -> None:
    words = table(at.language, "ui")["picture"]
    page, play = at.page, at.page.locator(".u-scrub:not([hidden]) button").first
    name, before = play.get_attribute("aria-label"), len(at.sent)
    assert name and name != words["pause"]
    play.focus()
    page.keyboard.press("Space")
    assert play.get_attribute("aria-label") == words["pause"]
    page.wait_for_function(
        "() => { const range = document.querySelector('.u-scrub:not([hidden]) input'); "
        "return range.value > 0 && +range.value < +range.max; }"
    )
    page.keyboard.press("Space")
    assert play.get_attribute("aria-label") == name
    scrubber(at).focus()
    page.keyboard.press("End")
    assert len(at.sent) == before


@pytest.mark.parametrize("name", ["home", "average_pooling"])
def test_it_is_broken_pinned_put_back_and_taken_away(browser: BrowserContext, server: str, name: str) -> None:
    at = visit(browser, server, name, "pt").open()
    page, broken = at.page, next(iter(find(name).BREAKS))

    def enter(key: str, parameter: str, there: bool) -> None:
        page.locator(f".st-key-{key} button").first.press("Enter")
        page.wait_for_function(
            "([parameter, there]) => new URLSearchParams(location.search).has(parameter) === there",
            arg=[parameter, there],
        )
        ready(page)

    changed = next(iter(find(name).BREAKS[broken]))
    enter("pin", "a", True)
    enter(f"break_{broken}", changed, True)
    page.locator(".stMainBlockContainer table td:nth-child(4)").first.wait_for()  # A, now, the difference
    enter("reset", changed, False)
    enter("unpin", "a", False)
    with page.expect_download() as numbers:
        page.locator(".st-key-csv button").press("Enter")
    assert numbers.value.suggested_filename == f"{name}.csv"
    page.close()


def shares(at: Visit) -> set[str]:
    """The titles of axes in percent."""
    labels = {**table(at.language, "ui")["labels"], **table(at.language, at.name).get("labels", {})}
    return {labels[axis] for axis in SHARES if axis in labels}


def test_enter_opens_the_table_of_every_picture(at: Visit) -> None:
    summaries = at.page.locator(".u-table summary")
    assert summaries.count() >= 1
    decimal = {"en": r"\d,\d{1,2}$|\d,\d{4,}", "pt": r"\d\.\d{1,2}$|\d\.\d{4,}"}[at.language]
    for summary in summaries.all():
        summary.focus()
        at.page.keyboard.press("Enter")
        box = summary.locator("xpath=..")
        box.locator("td").first.wait_for()
        cells = box.locator("td").all_inner_texts()
        assert any(re.search(r"\d", cell) for cell in cells)
        assert not [cell for cell in cells if re.search(decimal, cell)]
        # A true minus, and no sign before 0.
        assert not [cell for cell in cells if re.fullmatch(r"-\d.*|[+−]0[.,]?0*", cell)]
        heads = box.locator("th[scope=col]").all_inner_texts()
        assert len(heads) >= 2
        if heads[-1] in shares(at):
            assert all(re.fullmatch(r"[\d.,]+%|–", cell) for cell in cells[len(heads) - 1 :: len(heads)])
        at.page.keyboard.press("Enter")
        assert box.get_attribute("open") is None


def test_arrow_keys_walk_over_the_cells_and_each_is_worked_out(at: Visit) -> None:
    for picture in at.page.locator(".u-picture:has(.u-layout [tabindex='0'])").all():
        line = picture.locator(".u-arithmetic")
        picture.locator(".u-layout [tabindex='0']").first.focus()
        seen = set()
        there = ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight")
        # On into the picture: where a digit has no ink all sums are alike.
        for key in there + ("ArrowRight", "ArrowDown") * 5:
            at.page.keyboard.press(key)
            focused = picture.locator(".u-layout :focus")
            assert focused.count() == 1, "the focus stays on the picture"
            assert focused.get_attribute("tabindex") == "0"
            seen.add(line.inner_text())
        assert len(seen) > 1


def another_training(at: Visit) -> None:
    """Ask for one with the keyboard: a short one, for all of it is drawn while it goes on."""
    page, fields = at.page, find(at.name).Training.model_fields
    controls = {name: page.locator(f".st-key-{name} input").first for name in fields}
    steps, other = controls.pop("steps", None), list(controls.values())
    if steps is not None and not (steps.count() and steps.is_visible()):
        fold = page.locator("[data-testid=stExpander] details", has=steps)
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(fold).to_have_attribute("open", "")
    if steps is None:
        sliders = [found for found in other if found.count() and found.get_attribute("type") == "range"]
        end = sliders[0].input_value() == sliders[0].get_attribute("max")
        sliders[0].press("ArrowLeft" if end else "ArrowRight")
    elif steps.get_attribute("type") == "range":
        steps.press("Home")
    else:
        steps.press("Control+a")
        page.keyboard.type(str(limit(fields["steps"], "ge")))
        page.keyboard.press("Enter")


# One page of each kind: the main picture a chart, a diagram, pixels; controls for one's own data.
@pytest.mark.parametrize("name", ["embedding", "hidden_states", "lenet", "time_series"])
def test_the_same_picture_goes_on_while_it_trains_again(
    browser: BrowserContext, server: str, name: str
) -> None:
    at = visit(browser, server, name, "pt").open()
    page = at.page
    page.evaluate("document.querySelectorAll('.u-canvas').forEach((e, i) => { e.kept = i + 1; })")
    # Pictures out of sight come when there is time: there may be more of them later.
    known = "[...document.querySelectorAll('.u-canvas')].map((e) => e.kept).filter((number) => number)"
    kept = page.evaluate(known)
    link = page.locator(".u-copyable code").first
    before = link.inner_text()
    another_training(at)
    page.wait_for_function(
        "before => document.querySelector('.u-copyable code')?.innerText !== before", arg=before
    )
    ready(page)
    assert page.evaluate(known) == kept
    assert not [error for error in at.errors if "_stcore" not in error]
    page.close()
