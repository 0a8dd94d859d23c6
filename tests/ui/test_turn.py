"""Scripts take turns: first come, first served; whoever waits or fails does not hold up the others."""

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ui import theme, turn

ROOT = Path(__file__).resolve().parents[2]
NEVER = 10.0  # seconds after which a test gives up


def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        Event().wait(NEVER / 1000)
    raise AssertionError("it did not come to pass")


def script(work: Callable[[], object]) -> Thread:
    def run() -> None:
        with turn.turn():
            work()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_first_come_first_served() -> None:
    order: list[int] = []
    threads = []
    with turn.turn():
        for number in range(5):
            threads.append(script(partial(order.append, number)))
            until(lambda number=number: len(turn._waiting) == number + 1)  # type: ignore[misc]
        assert order == []
    for thread in threads:
        thread.join(NEVER)
    assert order == [0, 1, 2, 3, 4]
    assert not turn._taken


def come_one_after_the_other(patient: Callable[[], object], soon: Callable[[], object]) -> None:
    """While the turn is taken somebody patient comes first, then a script; both are done in the end."""
    with turn.turn():
        late = Thread(target=patient)
        late.start()
        until(lambda: len(turn._later) == 1)
        other = script(soon)
        until(lambda: len(turn._waiting) == 1)
    for thread in (late, other):
        thread.join(NEVER)


def test_who_is_patient_comes_last() -> None:
    order: list[str] = []

    def patient() -> None:
        with turn.turn(patient=True):
            order.append("patient")

    come_one_after_the_other(patient, partial(order.append, "soon"))
    assert order == ["soon", "patient"]
    assert not turn._taken


def test_who_opens_a_page_comes_after_who_clicked(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def drawn(sections: object) -> None:
        order.append("page")
        st.stop()

    monkeypatch.setattr(theme, "apply", drawn)
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=60)
    come_one_after_the_other(app.run, partial(order.append, "click"))
    assert order == ["click", "page"]


def test_who_was_there_before_comes_first() -> None:
    order: list[str] = []

    def again() -> None:
        with turn.turn(again=True):
            order.append("again")

    with turn.turn():
        new = script(partial(order.append, "new"))
        until(lambda: len(turn._waiting) == 1)
        known = Thread(target=again)
        known.start()
        until(lambda: len(turn._waiting) == 2)
    for thread in (new, known):
        thread.join(NEVER)
    assert order == ["again", "new"]
    assert not turn._taken


def test_a_fragment_inside_a_script_has_its_turn() -> None:
    with turn.turn(), turn.turn():
        pass
    assert not turn._taken


def test_who_waits_for_a_training_lets_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE", 10 * NEVER)
    worked = Event()
    with turn.turn():
        other = script(worked.set)
        assert not worked.is_set()
        with turn.pause():
            assert worked.wait(NEVER)
        assert turn._taken
    other.join(NEVER)
    assert not turn._taken


def test_who_fails_gives_the_turn_back() -> None:
    with pytest.raises(ZeroDivisionError), turn.turn():
        raise ZeroDivisionError
    assert not turn._taken


def test_who_hangs_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE", 0.01)
    go, worked = Event(), Event()
    hanging = script(partial(go.wait, NEVER))
    until(lambda: turn._taken)
    impatient = script(worked.set)
    assert worked.wait(NEVER)
    go.set()
    for thread in (hanging, impatient):
        thread.join(NEVER)
    assert not turn._taken and not turn._waiting


def test_a_full_room_is_crowded_between_two_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(turn, "monotonic", lambda: now[0])
    monkeypatch.setattr(turn, "_turns", deque())
    for share, crowded in ((0.1, False), (0.9, True)):
        for _ in range(20):
            with turn.turn():
                now[0] += share * 0.2
                assert not turn.crowded()  # for who has the turn nobody else is there
            now[0] += (1 - share) * 0.2
        assert turn.crowded() is crowded
    now[0] += 2 * turn.WINDOW
    assert not turn.crowded()
