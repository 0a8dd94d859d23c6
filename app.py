"""The server: `streamlit run app.py`. Static files, headers, workers; nothing about any concept."""

import asyncio
import base64
import gc
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from ui.scripts import ROUTE, address

HERE = Path(__file__).resolve().parent
# What draws: the browser fetches and compiles it while Streamlit itself is still starting.
DRAWS = ["/assets/plotly/plotly-cartesian.min.js", address("chart"), address("diagram")]
AHEAD = (b"link", ", ".join(f"<{path}>; rel=modulepreload" for path in DRAWS).encode())
COLLECT_EVERY = 30.0  # seconds; Streamlit's own collection after every rerun is switched off


def policy() -> str:
    """The content security policy, with the hash of Streamlit's inline script as installed."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline
    )
    return (
        f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' {hashes}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "frame-ancestors 'self'"
    )


say_theme = app_session._populate_theme_msg


@cache
def theme(section: str) -> CustomThemeConfig:
    """What Streamlit says of one section of the theme."""
    said = CustomThemeConfig()
    say_theme(said, section)
    return said


def say_theme_again(msg: CustomThemeConfig, section: str = "theme") -> None:
    """Say the same again: Streamlit works it out for every run of a script, a millisecond of each click."""
    if (said := theme(section)).ByteSize():
        msg.MergeFrom(said)


app_session._populate_theme_msg = say_theme_again


class Guard:
    """Headers for every answer; what is for the server alone (its metrics) is not shown outside."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [
            (b"content-security-policy", policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.lower() for name, _ in self.headers}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in named]
                message["headers"] = kept + self.headers
                if any(name.lower() == b"content-type" and b"text/html" in value for name, value in kept):
                    message["headers"].append(AHEAD)
            await send(message)

        hidden = re.search(r"/_stcore/metrics/*$", scope["path"])
        app = PlainTextResponse("not found", status_code=404) if hidden else self.app
        await app(scope, receive, with_headers)


async def collect() -> None:
    """Collect garbage on a timer, off the event loop."""
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        await asyncio.to_thread(gc.collect)
        if not gc.get_freeze_count():
            gc.freeze()  # what stands now stays: to look through it again stopped all for a quarter second


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any] | None]:
    """Start the workers and train every page's defaults in the background; stop them with the app."""
    from ui import workers

    await asyncio.to_thread(workers.start)
    timer = asyncio.create_task(collect())
    try:
        yield None
    finally:
        timer.cancel()
        await asyncio.to_thread(workers.stop)


ROUTES = [
    Mount("/vendor", StaticFiles(directory=Path(plotly.__file__).parent / "package_data")),
    Mount("/assets", StaticFiles(directory=HERE / "static")),
    ROUTE,
    Mount("/data", StaticFiles(directory=HERE / "data")),
]
app = st.App(
    HERE / "ui" / "main.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(Guard), Middleware(GZipMiddleware, minimum_size=1024)],
)
