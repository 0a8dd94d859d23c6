"""The server's own parts, without a browser: the headers of every answer, what is not shown outside."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import plotly
import pytest
import streamlit as st
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

import app
from app import HERE, Guard, policy
from ui.scripts import ROUTE, address

HTML = Path(st.__file__).parent / "static" / "index.html"


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """An application whose answer brings a header of its own, and one that the guard sets."""
    del receive
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"x-own", b"1"), (b"Content-Security-Policy", b"default-src *")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: in this one the browser tests may have left a loop running."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def answer(path: str, kind: str = "http") -> list[Message]:
    """What a browser gets that asks for a path."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "path": path, "method": "GET", "headers": []}
    run(Guard(page)(scope, receive, send))
    return sent


def test_every_answer_has_the_headers_once() -> None:
    start = answer("/one_hot")[0]
    names = [name.lower() for name, _ in start["headers"]]
    assert sorted(names) == [
        b"content-security-policy",
        b"referrer-policy",
        b"x-content-type-options",
        b"x-own",
    ]
    headers = {name.lower(): value.decode() for name, value in start["headers"]}
    assert headers[b"content-security-policy"] == policy()
    assert headers[b"x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/metrics/", "//_stcore/metrics", "/x/_stcore/metrics"]
)
def test_the_metrics_are_for_the_server_alone(path: str) -> None:
    start, _ = answer(path)
    assert start["status"] == 404
    assert {b"content-security-policy", b"x-content-type-options"} <= {name for name, _ in start["headers"]}


@pytest.mark.parametrize("path", ["/_stcore/health", "/metrics", "/one_hot"])
def test_the_rest_is_answered(path: str) -> None:
    start, body = answer(path)
    assert start["status"] == 200
    assert body["body"] == path.encode()


def test_the_part_of_plotly_that_draws_in_the_plane_is_of_the_installed_release() -> None:
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    part = HERE / "static" / "plotly" / "plotly-cartesian.min.js"
    versions = [re.search(r" v([\d.]+)\n", file.read_text(encoding="utf-8")[:200]) for file in (whole, part)]
    assert versions[0] and versions[1]
    assert versions[0][1] == versions[1][1], "take the new one from npm: plotly.js-cartesian-dist-min"


@pytest.mark.parametrize("name", ["chart", "diagram", "pad", "ahead", "copyable"])
def test_a_program_that_draws_is_served_for_as_long_as_it_stays(name: str) -> None:
    path = address(name)
    answer = ROUTE.endpoint(Request({"type": "http", "path_params": {"name": name}}))
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "export default" in answer.body.decode()
    assert path.endswith(hashlib.sha256(answer.body).hexdigest()[:16]), "another version has another address"


def test_no_other_program_is_served() -> None:
    asked = Request({"type": "http", "path_params": {"name": "../app"}})
    assert ROUTE.endpoint(asked).status_code == 404


def test_a_websocket_passes() -> None:
    assert answer("/_stcore/stream", "websocket") == [{"type": "websocket.accept"}]


def test_the_policy_allows_this_server_and_the_installed_page() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy().split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert not re.search(r"https?:|\*", policy())
    scripts = re.findall(r"<script>(.*?)</script>", HTML.read_text(encoding="utf-8"), re.DOTALL)
    assert scripts, "Streamlit's page has an inline script: the policy names it by its hash"
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules["script-src"]
    assert "'unsafe-inline'" not in rules["script-src"]


def test_garbage_is_collected_on_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(app, "COLLECT_EVERY", 0.01)
    monkeypatch.setattr("gc.collect", lambda: collected.append(1))

    async def a_while() -> None:
        timer = asyncio.create_task(app.collect())
        async with asyncio.timeout(60):
            while len(collected) < 3:
                await asyncio.sleep(0.01)
        timer.cancel()

    run(a_while())


def test_the_workers_start_and_stop_with_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui import workers

    happened: list[str] = []
    monkeypatch.setattr(workers, "start", lambda: happened.append("start"))
    monkeypatch.setattr(workers, "stop", lambda: happened.append("stop"))

    async def life() -> None:
        async with app.lifespan(None):
            happened.append("serves")

    run(life())
    assert happened == ["start", "serves", "stop"]
