"""What is kept beside a checkpoint."""

import gc
import weakref

import numpy as np

from explainers.support.contract import Checkpoint
from explainers.support.once import latest, once


def checkpoint() -> Checkpoint:
    return Checkpoint(0, 1, {"a": 1.0}, {"model.weight": np.zeros(2)})


def test_each_question_is_worked_out_once_for_each_checkpoint() -> None:
    asked = []

    @once
    def work(checkpoint: Checkpoint, by: int) -> list[int]:
        asked.append(by)
        return [by]

    one, other = checkpoint(), checkpoint()
    assert work(one, 1) is work(one, 1)
    assert work(one, 2) == [2]
    assert work(other, 1) is not work(one, 1)
    assert asked == [1, 2, 1]


def test_what_is_kept_goes_with_the_checkpoint() -> None:
    @once
    def work(checkpoint: Checkpoint) -> set[int]:
        return {checkpoint.step}

    one = checkpoint()
    kept = weakref.ref(work(one))
    assert kept() is not None
    del one
    gc.collect()
    assert kept() is None


def test_where_questions_are_many_the_latest_answers_stay() -> None:
    asked = []

    @latest(2)
    def work(checkpoint: Checkpoint, by: int) -> int:
        asked.append(by)
        return by

    one = checkpoint()
    assert [work(one, by) for by in (1, 2, 3, 3, 2, 1)] == [1, 2, 3, 3, 2, 1]
    assert asked == [1, 2, 3, 1]
