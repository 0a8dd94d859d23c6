"""What one visitor's page has read and drawn serves the next who asks the same."""

from collections.abc import Sequence
from types import SimpleNamespace
from weakref import ref

import pytest

from explainers.support.contract import Checkpoint, Settings
from training import Run
from ui import readings


class View(Settings):
    place: int = 0


def explainer(asked: list[int]) -> SimpleNamespace:
    def read(checkpoint: Checkpoint, view: View) -> int:
        asked.append(view.place)
        return checkpoint.step

    return SimpleNamespace(read=read)


def run() -> Run:
    going = Run("toy", View(), "running")
    for step in (0, 1):
        going.add(step, Checkpoint(step, 1, {}, {}), 0.0, 0)
    return going


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "_kept", type(readings._kept)())


def test_who_asks_the_same_gets_what_was_read() -> None:
    asked: list[int] = []
    one, it = run(), explainer(asked)
    found = readings.shared(it, one, View(place=4)).upto(one.checkpoints)
    assert found[-1] == 1 and asked == [4]  # what is not looked at is not read
    for _ in range(3):
        assert list(readings.shared(it, one, View(place=4)).upto(one.checkpoints)) == [0, 1]
    assert asked == [4, 4]  # each checkpoint once


def test_who_can_read_all_checkpoints_at_once_is_asked_once_for_those_that_are_new() -> None:
    asked: list[list[int]] = []

    def read_all(checkpoints: Sequence[Checkpoint], view: View) -> list[int]:
        asked.append([checkpoint.step for checkpoint in checkpoints])
        return [view.place + checkpoint.step for checkpoint in checkpoints]

    one, it = Run("toy", View(), "running"), SimpleNamespace(read_all=read_all)
    for step in range(3):
        one.add(step, Checkpoint(step, 2, {}, {}), 0.0, 0)
    found = readings.shared(it, one, View(place=4)).upto(one.checkpoints)
    assert found[-1] == 6 and list(found) == [4, 5, 6] and list(found) == [4, 5, 6]
    assert asked == [[2], [0, 1]]


def test_another_view_or_another_run_is_read_anew() -> None:
    asked: list[int] = []
    one, other, it = run(), run(), explainer(asked)
    for which, place in ((one, 4), (one, 5), (other, 4)):
        list(readings.shared(it, which, View(place=place)).upto(which.checkpoints[:1]))
    assert asked == [4, 5, 4]


def test_what_nobody_asked_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "KEPT", 2)
    one, it = run(), explainer([])
    first, second = (readings.shared(it, one, View(place=place)) for place in (1, 2))
    assert readings.shared(it, one, View(place=1)) is first
    readings.shared(it, one, View(place=3))
    assert readings.shared(it, one, View(place=1)) is first
    assert readings.shared(it, one, View(place=2)) is not second


def test_what_was_read_of_a_run_does_not_keep_the_run() -> None:
    """The cache of runs is bounded in bytes: what it forgets is gone, with its checkpoints."""
    one, it = run(), explainer([])
    assert list(readings.shared(it, one, View()).upto(one.checkpoints)) == [0, 1]
    seen = ref(one)
    del one
    assert seen() is None
    other = run()
    readings.shared(it, other, View())
    assert len(readings._kept) == 1
