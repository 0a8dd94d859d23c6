"""What a page says of a training that waits, was stopped or failed, and the way on from there."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import EACH, cold, pressed, prose, run_of, trained
from tests.training.room import Room
from ui import workers
from ui.locale import Words

SEEDS = count(601)  # of trainings that nobody asked for before


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Room]:
    """Somebody's training has the only worker until it may go on."""
    room = Room(workers.engine(), tmp_path)
    workers.engine().leave("test session id")  # what other tests asked for and did not wait for
    room.hold("somebody")
    yield room
    room.clear()
    workers.engine().leave("test session id")


def progress(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def went_on(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@EACH
def test_whoever_waits_sees_their_place_can_stop_and_go_on(full: Room, language: str) -> None:
    words = Words(language, "home")
    waiting = [words.say("queue", place=2)]
    full.ask("another", seed=200)
    app = cold("home", language, seed=str(next(SEEDS)))
    assert progress(app) == waiting
    app = pressed(app, "stop")
    assert words.say("stopped") in prose(app)
    assert not progress(app)
    app = went_on(app, words.say("go_on"))
    assert progress(app) == waiting
    assert words.say("stopped") not in prose(app)
    full.go()
    app = trained(app, "home", language)
    assert not progress(app)
    assert "stop" not in {button.key for button in app.button}


@EACH
@pytest.mark.parametrize("error", ["died", "too_long", "failed"])
def test_one_that_failed_is_a_sentence_and_a_way_on(full: Room, language: str, error: str) -> None:
    words = Words(language, "home")
    app = cold("home", language, seed=str(next(SEEDS)))
    run_of(app, "home", language).become("failed", error)
    app.run()
    assert words.say(f"errors.{error}") in prose(app)
    assert not progress(app)
    full.go()
    app = trained(went_on(app, words.say("again")), "home", language)
    assert words.say(f"errors.{error}") not in prose(app)
    assert run_of(app, "home", language).state == "finished"


@EACH
def test_where_too_many_wait_one_is_told_so(
    full: Room, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Words(language, "home")
    with monkeypatch.context() as patch:
        patch.setattr(workers.engine(), "_most_waiting", 0)
        app = cold("home", language, seed=str(next(SEEDS)))
        assert words.say("errors.busy") in prose(app)
    app = went_on(app, words.say("again"))
    assert progress(app) == [words.say("queue", place=1)]
    full.go()
    trained(app, "home", language)
