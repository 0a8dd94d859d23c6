"""A class on one server, without browsers: visitors who each change something every two seconds.

First 40 visitors while four trainings are always wanted, then 100 visitors without training. A click lasts
from sending the change to the end of the script's run, when everything that it draws is on its way. The
clients are a process of their own; they rerun fragments on a timer as a browser does.
"""

import argparse
import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np
import psutil  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks._common import PORT, served, settled
from explainers.support.registry import find, names
from explainers.support.reviews import words_by_frequency
from tests.browser.conftest import path_of
from ui.controls import limit, plain_slider

ARRIVE = 5.0  # seconds within which all visitors come
EVERY = 2.0  # seconds between two changes of one visitor
PATIENCE = 30.0  # seconds after which an answer counts as an error
TRAINERS = 4
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
State = dict[str, str | int | float]  # key of a control → a text, where a slider stands, a typed number


@dataclass
class Notes:
    """What all visitors of one run saw, in milliseconds."""

    arrivals: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    early: list[float] = field(default_factory=list)  # clicks while others were still arriving
    since: float = 0.0  # when all have arrived
    trained: int = 0
    errors: list[str] = field(default_factory=list)


class Visitor:
    """One connection to one page, which answers as the page's own program in a browser would."""

    def __init__(self, socket: ClientConnection, page: str, notes: Notes) -> None:
        self.socket, self.page, self.notes = socket, page, notes
        self.widgets: dict[str, str] = {}
        self.fragments: dict[str, str] = {}  # key of a control → Streamlit's id
        self.hash, self.query = "", "lang=en"
        self.again: dict[str, asyncio.Task[None]] = {}  # fragments that rerun on a timer
        self.looks: set[str] = set()  # those that ever did: a look that was asked for may come late

    async def ask(self, state: State, fragment: str = "") -> None:
        """Ask for a rerun with these values of controls."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self.query
        rerun.page_name = path_of(self.page)
        rerun.page_script_hash = self.hash
        rerun.fragment_id, rerun.is_auto_rerun = fragment, bool(fragment)
        for key, value in state.items():
            rerun.fragment_id = self.fragments[key]
            widget = rerun.widget_states.widgets.add(id=self.widgets[key])
            if isinstance(value, str):
                widget.string_value = value
            elif isinstance(value, int):
                widget.double_array_value.data.append(value)  # a slider
            else:
                widget.double_value = value
        await self.socket.send(message.SerializeToString())

    async def repeat(self, fragment: str, seconds: float) -> None:
        """Rerun a fragment on a timer."""
        while True:
            await asyncio.sleep(seconds)
            await self.ask({}, fragment)

    def rest(self, but: set[str]) -> None:
        """Stop all timers but these."""
        for name in self.again.keys() - but:
            self.again.pop(name).cancel()

    async def answered(self) -> tuple[float, float]:
        """Read until something is drawn that no timer asked for: when its first picture came, and the end."""
        picture = 0.0
        timed: set[str] = set()  # fragments of this run that rerun on a timer
        while True:
            message = ForwardMsg()
            message.ParseFromString(bytes(await self.socket.recv(decode=False)))
            kind = message.WhichOneof("type")
            whole = not message.metadata.run.fragment_ids
            if kind == "new_session":
                timed = set()
            elif kind == "navigation":
                self.hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "auto_rerun":
                name = message.auto_rerun.fragment_id
                timed.add(name)
                self.looks.add(name)
                if name not in self.again:
                    seconds = message.auto_rerun.interval
                    self.again[name] = asyncio.create_task(self.repeat(name, seconds))
            elif kind == "stop_auto_rerun":
                for name in message.stop_auto_rerun.fragment_ids:
                    timed.discard(name)
                    if name in self.again:
                        self.again.pop(name).cancel()
            elif kind == "session_event":
                self.notes.errors.append(str(message.session_event)[:200])
            elif kind == "delta":
                element = message.delta.new_element
                what = element.WhichOneof("type")
                if what == "exception":
                    self.notes.errors.append(element.exception.message)
                elif what == "bidi_component":
                    picture = picture or time.perf_counter()
                elif what in ("text_input", "number_input", "slider"):
                    identity = getattr(element, what).id
                    key = identity.split("-", 2)[-1]
                    self.widgets[key], self.fragments[key] = identity, message.delta.fragment_id
            elif kind == "script_finished" and message.script_finished in FINISHED:
                if whole:
                    self.rest(but=timed)
                if whole or set(message.metadata.run.fragment_ids) - self.looks:
                    return picture, time.perf_counter()

    async def change(self, state: State) -> None:
        """Change controls, wait for the end of the run, and note how long it took."""
        start = time.perf_counter()
        try:
            await self.ask(state)
            picture, end = await asyncio.wait_for(self.answered(), PATIENCE)
        except (TimeoutError, OSError, ConnectionClosed) as error:
            self.notes.errors.append(repr(error))
            return
        if not state:
            self.notes.arrivals.append(1000 * (end - start))
            return
        (self.notes.clicks if start >= self.notes.since else self.notes.early).append(1000 * (end - start))
        if picture:
            self.notes.pictures.append(1000 * (picture - start))

    async def trained(self) -> bool:
        """Wait until no training goes on here: then the page runs as a whole, without a timer."""
        try:
            while self.again:
                await asyncio.wait_for(self.answered(), 10 * PATIENCE)
        except (TimeoutError, OSError, ConnectionClosed) as error:
            self.notes.errors.append(repr(error))
            return False
        return True


@asynccontextmanager
async def visit(address: str, page: str, notes: Notes) -> AsyncIterator[Visitor]:
    """A visitor on a page, once it stands there."""
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        visitor = Visitor(socket, page, notes)
        await visitor.change({})
        try:
            yield visitor
        finally:
            visitor.rest(but=set())


async def arrive(address: str, page: str) -> None:
    """The first visitor of a page, who waits for its default."""
    async with visit(address, page, Notes()) as visitor:
        await visitor.trained()


def elsewhere(visitor: Visitor, dice: random.Random) -> State:
    """Another place to look at: a new text where the page has a box for one, else its first slider moved."""
    fields = {
        name: about
        for name, about in find(visitor.page).View.model_fields.items()
        if name in visitor.widgets  # what is drawn on a pad or picked from a list is none of these
    }
    for name, about in fields.items():
        if about.annotation is str:
            words = [word for word in words_by_frequency()[50:1000] if word.isalpha()]
            return {name: " ".join(dice.sample(words, 4))}
    name = next(name for name, about in fields.items() if plain_slider(about))
    return {name: dice.randint(limit(fields[name], "ge"), limit(fields[name], "le"))}


async def look(address: str, page: str, notes: Notes, until: float, dice: random.Random) -> None:
    """A visitor who looks elsewhere in the trained model again and again."""
    await asyncio.sleep(dice.uniform(0, ARRIVE))
    async with visit(address, page, notes) as visitor:
        while visitor.widgets and (begin := time.perf_counter()) < until:
            await visitor.change(elsewhere(visitor, dice))
            await asyncio.sleep(max(0.0, EVERY - (time.perf_counter() - begin)))


async def train(address: str, page: str, notes: Notes, until: float, dice: random.Random) -> None:
    """A visitor who trains with another seed as soon as the last training is done."""
    async with visit(address, page, notes) as visitor:
        while visitor.widgets and time.perf_counter() < until:
            await visitor.change({"seed": float(dice.randrange(1000))})
            notes.trained += await visitor.trained()


async def lesson(
    address: str, server: int, pages: list[str], looking: int, training: int, seconds: float
) -> tuple[Notes, Notes, tuple[float, float], tuple[float, float]]:
    """All visitors, spread over the pages.

    Returns:
        What those who look saw, what those who train saw, the memory before and at the most.

    """
    for page in pages:
        await arrive(address, page)
    await asyncio.to_thread(settled, server)
    before = most = megabytes(server)
    seen, trained = Notes(), Notes()
    seen.since = time.perf_counter() + ARRIVE
    until = seen.since + seconds
    async with asyncio.TaskGroup() as group:
        for i, page in zip(range(looking), cycle(pages)):
            group.create_task(look(address, page, seen, until, random.Random(i)))
        for i, page in zip(range(training), cycle(pages)):
            group.create_task(train(address, page, trained, until, random.Random(-i)))
        while time.perf_counter() < until:
            await asyncio.sleep(1)
            most = max(most, megabytes(server), key=sum)
    return seen, trained, before, most


def megabytes(server: int) -> tuple[float, float]:
    """Resident memory of the server and of the processes that it started."""
    process = psutil.Process(server)
    return process.memory_info().rss / 1e6, sum(
        child.memory_info().rss for child in process.children(recursive=True)
    ) / 1e6


def row(what: str, value: str, target: str = "") -> None:
    print(f"{what:<44} {value:>32} {target:>10}")


def measure(pages: list[str], looking: int, training: int, seconds: float, target: str) -> None:
    """One class on a fresh server."""
    with served("app.py", PORT) as (address, server):
        url = address.replace("http", "ws") + "/_stcore/stream"
        seen, trained, before, most = asyncio.run(lesson(url, server, pages, looking, training, seconds))
    print(f"{looking} visitors, {training} trainings at a time, {seconds:g} s after all have arrived")
    for what, times, wanted in (
        ("arrival → page, ms", seen.arrivals, ""),
        ("change → main picture sent, ms", seen.pictures, ""),
        ("change → page sent while all arrive, ms", seen.early, ""),
        ("change → page sent, ms", seen.clicks, target),
    ):
        p50, p95 = np.percentile(times, [50, 95])
        row(what, f"p50 {p50:.0f}  p95 {p95:.0f}  n {len(times)}", wanted)
    row("trainings finished", str(trained.trained))
    row("errors", str(len(seen.errors + trained.errors)), "0")
    for error in sorted(set(seen.errors + trained.errors)):
        print(f"  {error}")
    row("server, MB before → most", f"{before[0]:.0f} → {most[0]:.0f}")
    row("server, MB a visitor", f"{(most[0] - before[0]) / (looking + training):.2f}")
    row("workers, MB before → most", f"{before[1]:.0f} → {most[1]:.0f}")
    row("in all, MB", f"{sum(most):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="+", default=names())
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    measure(chosen.pages, 40, TRAINERS, chosen.seconds, "p95 < 300")
    measure(chosen.pages, 100, 0, chosen.seconds, "")


if __name__ == "__main__":
    main()
