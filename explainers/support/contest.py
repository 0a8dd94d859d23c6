"""Several who may answer one question: what a page's block asks of them, and what it shows.

A task is a module with ``LIMIT`` (characters of a question), ``SECRET`` (the name of a key),
``entries(question, kept, key)``, ``ask(name, question, kept, key)`` and ``says(entries)``. ``kept`` is a
dictionary that belongs to one visitor: what was paid for once is not paid for again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainers.support.contract import Say


class UnavailableError(Exception):
    """Why somebody cannot answer: the key of a sentence, and what fills it.

    It never carries the text of another error: that may hold a path, an address or a key.
    """

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.say = Say(key, values)


@dataclass(frozen=True)
class Entry:
    """One who may answer.

    ``name`` is a key of the block's words; ``facts`` are named as the columns of its table, one that is
    missing is not known; ``rows`` are the answer, best first; ``offer`` is what an answer takes, where it has
    to be asked for; ``says`` is why there is none, or what it took; ``working`` while it is on its way.
    """

    name: str
    facts: Mapping[str, float]
    rows: Sequence[Mapping[str, Any]] = ()
    offer: Say | None = None
    says: Sequence[Say] = ()
    working: bool = False
