"""The programs that draw in the browser: fetched once, where Streamlit would send one with every picture."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parent
# What each is made of, in the order in which it is read.
PARTS = {
    "chart": ["picture.css", "picture.js", "chart/chart.js"],
    "diagram": [
        "picture.css", "diagram/diagram.css",
        "picture.js", "diagram/walk.js", "diagram/pixels.js", "diagram/arrows.js", "diagram/diagram.js",
    ],
    "pad": ["pad/pad.css", "picture.js", "pad/pad.js"],
    "ahead": ["picture.js", "ahead/ahead.js"],
    "copyable": ["copyable/copyable.css", "copyable/copyable.js"],
}  # fmt: skip
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}  # its address says which version it is


@cache
def program(name: str) -> str:
    """One module that brings its styles along."""
    styles, scripts = (
        "".join((HERE / part).read_text(encoding="utf-8") for part in PARTS[name] if part.endswith(kind))
        for kind in (".css", ".js")
    )
    # At the end of the page, over the project's own.
    bring = (
        "document.body.append(Object.assign(document.createElement('style'), "
        f"{{ textContent: {json.dumps(styles)} }}));\n"
    )
    return (bring if styles else "") + scripts


@cache
def address(name: str) -> str:
    """Where the app serves it: another one for each version."""
    return f"/scripts/{name}.js?{sha256(program(name).encode()).hexdigest()[:16]}"


def component(name: str, place: str) -> Any:
    """The component ``unrolled_<name>``: an empty place of this class, and where its program is."""
    return st.components.v2.component(
        f"unrolled_{name}",
        html=f'<div class="{place}"></div>',
        js=f"const {{ default: draw }} = await import(location.origin + '{address(name)}');\n"
        "export default draw;\n",
        isolate_styles=False,
    )


def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in PARTS:
        return PlainTextResponse("not found", status_code=404)
    return Response(program(name), media_type="text/javascript", headers=FOREVER)


ROUTE = Route("/scripts/{name}.js", _serve)
