"""The real server and a real Chromium; a page is opened once and looked at from many sides."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode

import psutil  # type: ignore[import-untyped]  # comes with Dask
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from explainers.support.registry import names
from tests.chromium import find
from ui.locale import LANGUAGES, table

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # with a page that stays open: the next one need not read the scripts again
]
IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
DESKTOP = (1280, 800)
SEEN = "window.seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });"
PATIENCE = 300_000.0  # milliseconds; nothing takes as long, a condition ends every wait
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test that fails is run once more: on a full machine a frame or a key may come late.

    It is reported (R), and one that fails twice fails.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def serving(script: str, **settings: str) -> Iterator[str]:
    """The address at which Streamlit serves a script; ``settings``: what it finds in the environment."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)} | settings
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    never = Event()
    for _ in range(600):
        if answers(f"{address}/_stcore/health"):
            break
        assert process.poll() is None, "the server stopped"
        never.wait(0.1)
    else:
        raise AssertionError("the server does not answer")
    try:
        yield address
    finally:
        workers = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(30)
        assert not psutil.wait_procs(workers, timeout=30)[1], "the workers end with the app"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the app, served as the README says."""
    with serving("app.py") as address:
        yield address


@pytest.fixture(scope="session")
def browser(server: str) -> Iterator[BrowserContext]:
    """Chromium; a missing one is a failure in CI, not a skip.

    One context and one process for all: Streamlit's and Plotly's scripts are fetched and compiled once, not
    at every visit, which halves what a visit costs.
    """
    path = find()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here: `make test` installs one where it can")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = chromium.new_context(color_scheme="light", accept_downloads=True)
        context.new_page().goto(f"{server}/_stcore/health")  # keeps the process when a visit ends
        yield context
        chromium.close()


def path_of(name: str) -> str:
    """Where a page is served: home at the address itself."""
    return "" if name == "home" else name


def ready(page: Page) -> None:
    """Wait until the script has run, the training, if any, is done, and the first picture is drawn."""
    page.wait_for_selector(IDLE, timeout=PATIENCE, state="attached")
    page.wait_for_selector("h1", timeout=PATIENCE)
    page.wait_for_selector("[data-testid=stProgress]", timeout=PATIENCE, state="detached")
    page.wait_for_selector(IDLE, timeout=PATIENCE, state="attached")
    page.wait_for_selector(".u-picture :is(.u-cell, .u-pixels, .main-svg)", timeout=PATIENCE)


@dataclass
class Visit:
    """One open page, and what it has asked for, sent and complained about since."""

    page: Page
    server: str
    name: str
    language: str
    asked: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.add_init_script(SEEN)
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: self.sent.append(frame)))
        page.on("console", lambda message: self.complain(message.type, f"{message.text} {message.location}"))
        page.on("pageerror", lambda error: self.complain("error", str(error)))

    def complain(self, kind: str, text: str) -> None:
        """Keep what the browser reports as an error."""
        if kind == "error":
            self.errors.append(text)

    def open(self, **parameters: str) -> "Visit":
        """Type the address and wait until everything stands there."""
        query = urlencode({"lang": self.language, **parameters})
        self.page.goto(f"{self.server}/{path_of(self.name)}?{query}")
        ready(self.page)
        return self


def visit(browser: BrowserContext, server: str, name: str, language: str, width: int = DESKTOP[0]) -> Visit:
    """A new visitor who opens a page; close ``.page`` after."""
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": DESKTOP[1]})
    return Visit(page, server, name, language)


@pytest.fixture(scope="package", params=names())
def shown(browser: BrowserContext, server: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Each page, opened once for all tests that leave it as it was."""
    shown = visit(browser, server, request.param, "en").open()
    yield shown
    shown.page.close()


# What Streamlit replaces, it fades: half faded it has less contrast than when it stands.
STILL = """() => document.getAnimations().every((one) =>
    one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity)"""


def in_language(at: Visit, language: str) -> Visit:
    """The page after a change of its language, if it has another."""
    if at.language != language:
        at.language = language
        buttons = at.page.locator("[data-testid=stSidebar] [data-testid=stButtonGroup] button")
        buttons.nth(list(LANGUAGES).index(language)).click()
        claim = table(language, at.name)["claim"]
        at.page.wait_for_function(
            "claim => document.querySelector('.u-claim')?.innerText === claim", arg=claim
        )
        ready(at.page)
        at.page.mouse.move(640, 0)
        at.page.wait_for_function(STILL)
    return at
