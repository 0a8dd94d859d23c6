"""What the benchmarks share: the app and a bare app, a browser, and when a picture stands on the screen."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import psutil  # type: ignore[import-untyped]
import torch
from playwright.sync_api import Browser, Page, sync_playwright

from explainers import embedding
from tests.browser.conftest import FLAGS, IDLE, answers
from tests.chromium import find
from ui.locale import Words
from ui.payload import packed

ROOT = Path(__file__).resolve().parents[1]
PORT = int(os.environ.get("UNROLLED_BENCH_PORT", 8620))  # this one, and the next for the bare app
QUIET = 400  # ms without a change in the picture: it is done
BARE_PICTURE = "[data-testid=stPlotlyChart]"

# A picture is drawn in the first frame from which on it looks as it does in the end. After each change the
# page waits for the frame that shows it, then notes the time and how the picture looks.
WATCH = """(selector) => {
  const log = window.__log = { start: 0, before: '', seen: [] };
  const look = () => [...document.querySelectorAll(selector)].map((one) => one.innerHTML).join('');
  const inside = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(selector);
  const brings = (node) => node.nodeType === 1 && (node.matches(selector) || node.querySelector(selector));
  let waiting = false;
  new MutationObserver((changes) => {
    if (waiting) return;
    if (!changes.some((c) => inside(c.target) || [...c.addedNodes, ...c.removedNodes].some(brings))) return;
    waiting = true;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => { waiting = false; log.seen.push([performance.now(), look()]); };
      painted.port2.postMessage(0);
    });
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  window.addEventListener('keydown', (event) => {
    Object.assign(log, { start: event.timeStamp, before: log.seen.at(-1)?.[1] ?? '', seen: [] });
  }, true);
}"""
SETTLED = f"""() => document.querySelector('{IDLE}') && !document.querySelector('[data-testid=stProgress]')
  && window.__log.seen.at(-1)?.[1]
  && performance.now() - window.__log.seen.at(-1)[0] > {QUIET}"""
FINISHED = """() => {
  const { start, seen } = window.__log;
  let first = seen.length - 1;
  while (first && seen[first - 1][1] === seen.at(-1)[1]) first -= 1;
  return seen[first][0] - start;
}"""
FIRST = """() => {
  const { start, before, seen } = window.__log;
  return seen.find(([, look]) => look && look !== before)[0] - start;
}"""


def bare_data() -> str:
    """The embedding page's map at its default, all frames, as the file that the bare app draws from."""
    torch.set_num_threads(1)
    readings = [embedding.read(point, embedding.View()) for point in embedding.train(embedding.Training())]
    spec = packed(embedding.picture_map(readings), Words("en", "embedding").label).decode()
    handle, path = tempfile.mkstemp(suffix=".json")
    # Colours are the project's CSS variables, which a bare app does not have.
    text = re.sub(r'"var\(--[a-z-]+\)"', '"#b3470b"', spec)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@contextmanager
def served(script: str, port: int, *options: str, **environment: str) -> Iterator[tuple[str, int]]:
    """A Streamlit server: its address and its process id."""
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--logger.level", "error", *options]
    # A bare app is served from a folder without the project's settings.
    folder = ROOT if script == "app.py" else Path(tempfile.gettempdir())
    process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if answers(f"{address}/_stcore/health"):
                break
            if process.poll() is not None:
                raise RuntimeError(f"the server on port {port} stopped")
            Event().wait(0.1)
        else:
            raise RuntimeError(f"the server on port {port} does not answer")
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(30)


def settled(server: int) -> None:
    """Wait until the defaults of all pages, in both languages, are trained: visitors come later than that."""
    while True:
        workers = psutil.Process(server).children(recursive=True)
        before = sum(worker.cpu_times().user for worker in workers)
        time.sleep(2)
        if sum(worker.cpu_times().user for worker in workers) - before < 0.2:
            return


@contextmanager
def both() -> Iterator[tuple[str, str]]:
    """The app and the bare app, both up: their addresses. The bare one has the same settings but no theme."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    options = [
        f"--{section}.{key}={str(value).lower() if isinstance(value, bool) else value}"
        for section, values in settings.items()
        if section != "theme"
        for key, value in values.items()
    ]
    bare = str(ROOT / "benchmarks" / "bare_app.py")
    data = bare_data()
    try:
        with (
            served("app.py", PORT) as (app, server),
            served(bare, PORT + 1, *options, UNROLLED_BENCH_DATA=data) as (other, _),
        ):
            settled(server)
            yield app, other
    finally:
        Path(data).unlink()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        browser.close()


def picture_of(name: str) -> str:
    """Selector of the drawing of a page's picture."""
    return f".st-key-u_picture_{name} .u-canvas"


def watched(browser: Browser, url: str, selector: str) -> Page:
    """A page in a browser context of its own (nothing cached), whose picture is watched from the start on."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(f"({WATCH})({json.dumps(selector)})")
    page = context.new_page()
    page.goto(url)
    return page


def main_picture(page: str) -> str:
    """Selector of the first picture that a page's storyboard draws."""
    story = (ROOT / "pages" / f"{page}.py").read_text(encoding="utf-8")
    found = re.search(r'lesson\.stage\("(\w+)"', story)
    if found is None:
        raise ValueError(f"{page} draws no picture")
    return picture_of(found[1])


def press(page: Page, control: str, keys: Iterator[str]) -> None:
    """Press the next of ``keys`` on a control, or type the next text and press Enter."""
    page.bring_to_front()
    field = page.locator(f".st-key-{control} input").first
    field.focus()
    if field.get_attribute("type") == "range":
        page.keyboard.press(next(keys))
    else:
        field.fill(next(keys))
        page.wait_for_timeout(100)  # as a person who types: the key that counts comes after the others
        page.keyboard.press("Enter")


def finished(page: Page) -> float:
    """Milliseconds from the last key press, or from the start of the page, to the finished picture."""
    page.wait_for_function(SETTLED, timeout=60_000)
    return float(page.evaluate(FINISHED))


def first(page: Page) -> float:
    """Milliseconds from the last key press to the first picture that is not the one of before."""
    page.wait_for_function(SETTLED, timeout=60_000)
    return float(page.evaluate(FIRST))


def table(rows: Sequence[tuple[str, Sequence[float], float | None]], base: Sequence[float]) -> None:
    """Print p50 and p95 of each row (what, milliseconds, target as a multiple of the base's p50)."""
    print(f"{'':<52} {'n':>4} {'p50 ms':>8} {'p95 ms':>8} {'× base':>7} {'target':>7}")
    middle = float(np.median(base))
    for what, values, target in rows:
        p50, p95 = np.percentile(values, [50, 95])
        wanted = "" if target is None else f"≤ {target:g}"
        print(f"{what:<52} {len(values):>4} {p50:>8.1f} {p95:>8.1f} {p50 / middle:>7.2f} {wanted:>7}")
