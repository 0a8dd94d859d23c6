"""In a full room what a change of where one looks does not touch is not sent again, and the page is right."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.classroom import Notes, State, Visitor, elsewhere
from explainers.support.registry import names
from tests.browser.conftest import IDLE, serving, visit

# What a control shows the browser holds; a file's address is another for each visitor.
CONTROLS = {"slider", "number_input", "text_input", "text_area", "button_group", "selectbox", "checkbox"}
OWN = {*CONTROLS, "download_button", "file_uploader"}


@pytest.fixture(scope="module")
def full() -> Iterator[str]:
    with serving("tests/browser/full_room.py") as address:
        yield address


class Page:
    """What stands on a visitor's page: where → the element. And what kinds came since it was last asked."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.elements, self.came = visitor, {}, set[str]()  # type: ignore[var-annotated]
        recv = visitor.socket.recv

        async def noted(*args: Any, **kwargs: Any) -> Any:
            data = await recv(*args, **kwargs)
            message = ForwardMsg()
            message.ParseFromString(bytes(data))
            if message.WhichOneof("type") == "delta":
                self.put(tuple(message.metadata.delta_path), message.delta)
            return data

        visitor.socket.recv = noted  # type: ignore[method-assign]

    def put(self, path: tuple[int, ...], delta: Any) -> None:
        """A new element or block stands in the place of all that stood there."""
        for known in [known for known in self.elements if known[: len(path)] == path]:
            del self.elements[known]
        if delta.WhichOneof("type") == "new_element":
            kind = delta.new_element.WhichOneof("type")
            self.came.add(kind)
            self.elements[path] = kind, MessageToDict(delta.new_element)

    def text(self) -> dict[tuple[int, ...], Any]:
        """What it says to whoever reads it, without the names that Streamlit gives."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: plain(one) for key, one in value.items() if key not in ("id", "formId")}
            return value

        return {
            path: plain(element)
            for path, (kind, element) in self.elements.items()
            if kind not in OWN
            and not element.get("bidiComponent", {}).get("componentName", "").endswith("ahead")
        }

    def link(self) -> str:
        """The address that the page hands out."""
        parts = [
            element["bidiComponent"] for kind, element in self.elements.values() if kind == "bidi_component"
        ]
        (link,) = (part for part in parts if part["componentName"].endswith("copyable"))
        return str(json.loads(link["json"])["text"])


@asynccontextmanager
async def come(server: str, name: str, query: str = "lang=en") -> AsyncIterator[Page]:
    address = server.replace("http", "ws") + "/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        visitor = Visitor(socket, name, Notes())
        visitor.query = query
        page = Page(visitor)
        await visitor.change({})
        assert await visitor.trained()
        yield page
        assert not visitor.notes.errors


@pytest.mark.parametrize("name", names())
def test_the_page_is_what_its_link_shows_and_its_controls_are_not_sent_again(full: str, name: str) -> None:
    async def look() -> None:
        dice, state = random.Random(name), State()
        async with come(full, name) as page:
            for _ in range(6):  # at some of them a break comes into force, or the way back to the start goes
                before = state
                while state == before:
                    state = elsewhere(page.visitor, dice)
                page.came.clear()
                await page.visitor.change(state)
                assert page.came, "something else is shown"
                if not page.came & CONTROLS:
                    break
            else:
                raise AssertionError("controls are drawn again at each change")
            async with come(full, name, urlsplit(page.link()).query) as fresh:
                assert page.text() == fresh.text()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, look()).result()


@pytest.mark.parametrize(("button", "then"), [("pin", "a="), ("break_untrained", "steps=24")])
def test_a_button_that_is_pushed_with_it_counts(full: str, button: str, then: str) -> None:
    async def look() -> None:
        async with come(full, "average_pooling", "lang=en&shuffle=1") as page:
            visitor = page.visitor
            await visitor.change({"shuffle": 2})
            ids = (one["button"]["id"] for kind, one in page.elements.values() if kind == "button")
            (pushed,) = (identity for identity in ids if identity.endswith(f"-{button}"))
            message = BackMsg()
            rerun = message.rerun_script
            rerun.page_name, rerun.page_script_hash = visitor.page, visitor.hash
            # The browser has written the slider's value into the address.
            rerun.fragment_id, rerun.query_string = visitor.fragments["shuffle"], "shuffle=3"
            both = rerun.widget_states.widgets
            both.add(id=visitor.widgets["shuffle"]).double_array_value.data.append(3)
            both.add(id=pushed).trigger_value = True
            await visitor.socket.send(message.SerializeToString())
            await visitor.answered()
            assert then in page.link() and "shuffle=3" in page.link()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, look()).result()


def test_the_picture_moves_and_the_controls_stay_where_they_are(browser: BrowserContext, full: str) -> None:
    at = visit(browser, full, "average_pooling", "en").open(shuffle="1")
    page = at.page
    page.evaluate(
        """() => {
          for (const one of document.querySelectorAll('.st-key-u_stage input, h2')) one.__stood = true;
          window.shown = () => [...document.querySelectorAll('.u-picture')].map((one) => one.__data.join());
          window.before = window.shown();
        }"""
    )
    slider = page.locator(".st-key-shuffle input").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.search.includes('shuffle=2')")
    page.wait_for_function("() => window.shown()[0] !== window.before[0]")
    link = page.locator(".u-copyable")
    expect(link).to_contain_text("shuffle=2")
    # What Streamlit does not bind to the address itself.
    page.locator(".st-key-trained_on [role=radio]").nth(1).click()
    page.wait_for_function("() => location.search.includes('trained_on=reviews')")
    expect(link).to_contain_text("trained_on=reviews")
    assert page.evaluate(
        "() => [...document.querySelectorAll('.st-key-u_stage input, h2')].every((one) => one.__stood)"
    )
    # The way back, run A and a new training draw all of it again.
    page.locator(".st-key-pin button").click()
    expect(page.locator(".st-key-unpin button")).to_be_visible()
    page.locator(".st-key-reset button").click()
    expect(page.locator(".st-key-reset")).to_have_count(0)
    page.wait_for_selector(IDLE, state="attached")
    assert slider.input_value() == "0" and "trained_on=" not in page.url
    expect(link).not_to_contain_text("shuffle=")
    page.close()
