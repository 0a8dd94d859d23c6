"""From page to page and out of the app: links, back and forward, quick hands, downloads, headers."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Download, Page, TimeoutError, expect

from explainers import embedding
from tests.browser.conftest import ROOT, Visit, in_language, ready, visit
from ui.controls import log_series
from ui.locale import table


@pytest.fixture
def comer(browser: BrowserContext, server: str) -> Iterator[Visit]:
    """Somebody who was not here before."""
    comer = visit(browser, server, "embedding", "en")
    yield comer
    comer.page.close()


def address(page: Page) -> dict[str, str]:
    """What stands in the address, but for the language."""
    found = {key: values[-1] for key, values in parse_qs(urlsplit(page.url).query).items()}
    return {key: value for key, value in found.items() if key != "lang"}


def wait_for(page: Page, **written: str) -> None:
    """Wait until just this stands in the address, and all is still."""
    try:
        page.wait_for_function(
            """(written) => { const found = new URLSearchParams(location.search); found.delete('lang');
            return JSON.stringify(Object.fromEntries([...found].sort())) === written; }""",
            arg=json.dumps(dict(sorted(written.items())), separators=(",", ":")),
        )
    except TimeoutError:
        assert address(page) == written
        raise
    ready(page)


def slider(page: Page, name: str) -> str:
    """What the slider of a control says."""
    range_ = page.locator(f".st-key-{name} input[type=range]").first
    return range_.get_attribute("aria-valuetext") or range_.input_value()


def press(page: Page, name: str, *keys: str) -> None:
    page.locator(f".st-key-{name} input[type=range]").first.focus()
    for key in keys:
        page.keyboard.press(key)


def test_a_cold_link_opens_the_state_that_it_describes(comer: Visit) -> None:
    page = comer.open(task="neighbours", dim="3", word="film", steps="50", lang="pt").page
    assert address(page) == {"task": "neighbours", "dim": "3", "word": "film", "steps": "50"}
    assert slider(page, "dim") == "3"
    assert page.locator(".st-key-word input").input_value() == "film"
    options = table("pt", "embedding")["controls"]["task"]["options"]
    assert options["neighbours"] in page.locator(".st-key-task").evaluate(
        "e => e.innerText + [...e.querySelectorAll('input')].map((input) => input.value)"
    )
    link = page.locator(".u-copyable code").first.inner_text().strip()
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(page.url).query)
    assert urlsplit(link).path == "/embedding"


def test_buttons_and_sliders_write_the_address_and_the_default_leaves_it(comer: Visit) -> None:
    page = comer.open().page
    press(page, "dim", "ArrowRight")
    wait_for(page, dim="9")
    press(page, "dim", "ArrowLeft")
    wait_for(page)
    page.get_by_role("button", name=table("en", "embedding")["break"]["untrained"]["label"]).first.click()
    wait_for(page, steps="0")
    page.get_by_role("button", name=table("en", "ui")["skip"], exact=True).click()
    wait_for(page, reveal="1", steps="0")


def test_back_and_forward(comer: Visit) -> None:
    page = comer.open().page
    press(page, "dim", "ArrowRight")
    wait_for(page, dim="9")
    page.get_by_role("link", name=table("en", "one_hot")["title"]).first.click()
    page.wait_for_selector(f"h1:has-text('{table('en', 'one_hot')['title']}')")
    ready(page)
    for step in (page.go_back, page.go_back, page.go_forward):
        step()
        page.wait_for_selector(f"h1:has-text('{table('en', 'embedding')['title']}')")
        ready(page)
        page.wait_for_function(
            """() => { const dim = new URLSearchParams(location.search).get('dim') ?? '8';
            const link = document.querySelector('.u-copyable code').innerText.trim();
            return document.querySelector('.st-key-dim input[type=range]').value === dim
              && (new URL(link).searchParams.get('dim') ?? '8') === dim; }"""
        )


def test_another_pages_controls_stay_behind(comer: Visit) -> None:
    """Embedding has ``dim`` and ``steps``, too, with other bounds and defaults."""
    page = comer.open(dim="32", steps="0").page
    page.get_by_role("link", name=table("en", "one_hot")["title"]).first.click()
    page.wait_for_selector(f"h1:has-text('{table('en', 'one_hot')['title']}')")
    wait_for(page)
    assert slider(page, "dim") == "4"


def test_quick_hands_lose_no_key(comer: Visit) -> None:
    comer.name = "one_hot"
    page = comer.open().page
    values = log_series(100, 20_800, whole=True)
    for count in (3, 4):
        press(page, "vocabulary", *["ArrowLeft"] * count)
        wait_for(page, vocabulary=str(values[-1 - count]))
        press(page, "vocabulary", *["ArrowRight"] * count)
        wait_for(page)
    assert not [error for error in comer.errors if "ForwardMsg" in error]


def test_the_language_changes_the_words_and_keeps_the_state(comer: Visit) -> None:
    page = comer.open(dim="3").page
    button = page.locator("[data-testid=stSidebar] [data-testid=stButtonGroup] button").last
    expect(button).to_be_in_viewport()  # below a course that is longer than the window is high
    button.click()
    claim = table("pt", "embedding")["claim"]
    page.get_by_text(claim).wait_for()
    wait_for(page, dim="3")
    assert page.url.count("lang=pt") == 1
    assert slider(page, "dim") == "3"


def test_a_list_keeps_what_was_chosen_when_the_language_changes(comer: Visit) -> None:
    """A list answers with the words that it shows, which are those of another language afterwards."""
    comer.name = "time_series"
    page = comer.open(leak="future").page
    for language in ("pt", "en", "pt"):
        in_language(comer, language)
        wait_for(page, leak="future")
        shown = page.locator(".st-key-leak").evaluate(
            "e => e.innerText + [...e.querySelectorAll('input')].map((input) => input.value)"
        )
        assert table(language, "time_series")["controls"]["leak"]["options"]["future"] in shown


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def test_what_is_taken_away_says_what_the_page_says(comer: Visit, tmp_path: Path) -> None:
    """The program runs elsewhere and prints the page's numbers; the table of numbers has them, too."""
    page = comer.open(steps="50", dim="3").page
    with page.expect_download() as program:
        page.locator(".st-key-program button").click()
    with page.expect_download() as numbers:
        page.locator(".st-key-csv button").click()
    with page.expect_download() as data:
        page.get_by_role("link", name=table("en", "ui")["data_file"].format(file="reviews_en.csv.gz")).click()
    files = [saved(found.value, tmp_path) for found in (program, numbers, data)]
    assert [file.name for file in files] == ["embedding.py", "embedding.csv", "reviews_en.csv.gz"]
    assert files[2].read_bytes() == (ROOT / "data" / "reviews_en.csv.gz").read_bytes()
    done = subprocess.run(
        [sys.executable, "-I", files[0].name], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    with files[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    last = {
        row["name"].removeprefix("headline."): float(row["value"])
        for row in rows
        if "headline" in row["name"]
    }
    assert last == pytest.approx(printed, abs=1e-9)
    assert tuple(last) == embedding.HEADLINE
    losses = [float(row["value"]) for row in rows if row["name"] == "loss"]
    assert len(losses) >= 20 and losses[-1] < losses[0]
    page.locator("[data-testid=stExpander]", has_text=table("en", "ui")["numbers"]).locator("summary").click()
    cells = page.locator("[data-testid=stExpander] table td:last-child").all_inner_texts()
    assert [float(cell) for cell in cells] == pytest.approx(list(printed.values()), rel=1e-3)


def test_headers(browser: BrowserContext, server: str) -> None:
    page = browser.new_page()
    reply = page.goto(server)
    assert reply is not None
    headers = reply.headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "//_stcore/metrics"):
        assert page.request.get(server + path).status == 404
    packed = page.request.get(f"{server}/vendor/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    page.close()


@pytest.mark.parametrize("secure", [True, False])
def test_the_link_is_copied_at_a_press_over_plain_http_too(comer: Visit, secure: bool) -> None:
    page = comer.open(dim="3").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    page.evaluate("navigator.clipboard.writeText('before')")
    if not secure:
        # Where the page has no clipboard, which is any address but https and localhost.
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    button = page.locator(".u-copyable button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".u-copyable [role=status]")).to_have_text(table("en", "ui")["copied"])
    paste = "Object.getPrototypeOf(navigator).__lookupGetter__('clipboard').call(navigator).readText()"
    assert page.evaluate(paste) == page.locator(".u-copyable code").inner_text()
