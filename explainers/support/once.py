"""What is asked of a checkpoint again and again, whatever the visitor looks at, is worked out once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from explainers.support.contract import Checkpoint

Drawing = TypeVar("Drawing", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")


def once(work: Callable[Concatenate[Checkpoint, P], R]) -> Callable[Concatenate[Checkpoint, P], R]:
    """Keep what ``work(checkpoint, …)`` returns for as long as the checkpoint is kept.

    A class that looks at one run asks its checkpoints forty times over. What is kept must not be changed or
    hold the checkpoint, and should be small: it counts in no cache's limit. Where one can ask a thousand
    different questions, ``latest`` keeps some.
    """
    return latest(None)(work)


def latest(
    most: int | None,
) -> Callable[[Callable[Concatenate[Checkpoint, P], R]], Callable[Concatenate[Checkpoint, P], R]]:
    """As ``once``, but of each checkpoint only the ``most`` answers that were worked out last."""

    def decorate(work: Callable[Concatenate[Checkpoint, P], R]) -> Callable[Concatenate[Checkpoint, P], R]:
        kept: WeakKeyDictionary[Checkpoint, dict[Any, R]] = WeakKeyDictionary()

        @wraps(work)
        def found(checkpoint: Checkpoint, /, *args: P.args, **kwargs: P.kwargs) -> R:
            known = kept.setdefault(checkpoint, {})
            asked = (args, tuple(kwargs.items()))
            try:
                return known[asked]
            except KeyError:
                answer = known[asked] = work(checkpoint, *args, **kwargs)
            for old in list(known)[:-most] if most else ():
                known.pop(old, None)
            return answer

        return found

    return decorate


OF_RUN: set[Any] = set()


def of_run(draw: Drawing) -> Drawing:
    """Mark what draws a picture of the run alone, the same wherever one looks: once is enough for a class."""
    OF_RUN.add(draw)
    return draw
