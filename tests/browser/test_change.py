"""What the server sends when a control is moved: what speaks of the run, and then nothing more."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.classroom import FINISHED, Notes, State, Visitor, visit
from explainers.support.registry import find

NAME = "average_pooling"


def visited(server: str, look: Callable[[Visitor], Awaitable[None]]) -> None:
    """A visitor who has come to a page whose default is trained, and looks."""

    async def come() -> None:
        notes = Notes()
        async with visit(server.replace("http", "ws") + "/_stcore/stream", NAME, notes) as visitor:
            assert await visitor.trained()
            await look(visitor)
        assert not notes.errors

    # In pytest's own thread another loop may run.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, come()).result()


async def sent(visitor: Visitor, fragment: str) -> list[ForwardMsg]:
    """All messages up to the end of this fragment's run."""
    found: list[ForwardMsg] = []
    while True:
        message = ForwardMsg()
        message.ParseFromString(bytes(await asyncio.wait_for(visitor.socket.recv(decode=False), 60)))
        found.append(message)
        done = message.WhichOneof("type") == "script_finished" and message.script_finished in FINISHED
        if done and fragment in message.metadata.run.fragment_ids:
            return found


def test_a_change_draws_what_speaks_of_the_run_and_not_the_frame(server: str) -> None:
    async def look(visitor: Visitor) -> None:
        await visitor.ask({"shuffle": 3})
        messages = await sent(visitor, visitor.fragments["shuffle"])
        kinds = {message.WhichOneof("type") for message in messages}
        assert "navigation" not in kinds and "page_config_changed" not in kinds
        elements = [m.delta.new_element for m in messages if m.WhichOneof("type") == "delta"]
        assert not [e for e in elements if e.WhichOneof("type") == "heading" and e.heading.tag == "h1"]
        parts = [e.bidi_component for e in elements if e.HasField("bidi_component")]
        drawn = {part.component_name for part in parts}
        assert {"unrolled_diagram", "unrolled_chart", "unrolled_ahead", "unrolled_copyable"} <= {
            n.split(".")[-1] for n in drawn
        }
        assert all(len(part.js_content) < 200 and not part.css_content for part in parts), "fetched once"
        assert [part for part in parts if "shuffle=3" in part.json], "the link says so, too"

    visited(server, look)


@pytest.mark.parametrize("steps", [480.0, 600.0])
def test_who_goes_on_to_a_finished_run_is_sent_nothing_more(server: str, steps: float) -> None:
    fields = find(NAME).Training.model_fields
    default: State = {name: float(fields[name].default) for name in ("seed", "steps")}

    async def look(visitor: Visitor) -> None:
        timed: set[str] = set()

        async def change(state: State) -> list[str | None]:
            await visitor.ask(state)
            messages = await sent(visitor, visitor.fragments["seed"])
            for message in messages:
                if message.HasField("auto_rerun"):
                    timed.add(message.auto_rerun.fragment_id)
                timed.difference_update(message.stop_auto_rerun.fragment_ids)
            return [message.WhichOneof("type") for message in messages]

        # Another at each try: what was trained once is not trained again.
        came = await change({"seed": float(random.randrange(1000)), "steps": steps})
        assert timed, f"the page looks at the training again and again: {came}"
        came = await change(default)
        assert not timed, f"and no more at one that is finished: {came}"
        late: list[str] = []
        try:
            async with asyncio.timeout(1.5):
                while True:
                    message = ForwardMsg()
                    message.ParseFromString(bytes(await visitor.socket.recv(decode=False)))
                    late.append(str(message.WhichOneof("type")))
        except TimeoutError:
            pass
        assert "delta" not in late, late

    visited(server, look)
