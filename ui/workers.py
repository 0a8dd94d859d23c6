"""The one training engine of this server, started and stopped with it."""

import gc
from threading import Lock, Thread

import torch
from streamlit.runtime import exists as runtime_exists
from streamlit.runtime import get_instance

from explainers.support.precomputed import precomputed
from explainers.support.registry import find, names
from training import Engine
from ui.controls import settings
from ui.locale import LANGUAGES, Words

FIRST_LOOK = 0.15  # seconds to wait for a run's first checkpoint: mostly there is no old picture to see

_lock = Lock()
_engine: Engine | None = None


def _present(visitor: str) -> bool:
    """Whether this visitor's browser is still connected."""
    return not runtime_exists() or get_instance().is_active_session(visitor)


def engine() -> Engine:
    """The engine, started if it is not (in a test the script runs without the server)."""
    global _engine
    with _lock:
        if _engine is None:
            # Many visitors' pages ask their models in this process at once: one thread for each.
            torch.set_num_threads(1)
            _engine = Engine(present=_present, ships=precomputed)
            _engine.start()
        return _engine


def start() -> None:
    """Start the workers; train the defaults of every page, in each language, at low priority.

    Meanwhile this process loads what the first reading of a page would have to wait for.
    """
    kinds = [
        (name, settings(find(name).Training, Words(language, name), {}))
        for language in LANGUAGES
        for name in names()
    ]
    engine().warm(kinds)
    Thread(target=_warm, daemon=True, name="warm").start()


def _warm() -> None:
    try:
        for name in names():
            getattr(find(name), "warm", lambda: None)()
    finally:
        # What is loaded by now stays. A collection that goes through all of it again stops every visitor,
        # for 0.3 s, and a class causes one every three seconds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 10, 20)


def stop() -> None:
    """Stop the workers; nothing is left running."""
    global _engine
    with _lock:
        if _engine is not None:
            _engine.close()
            _engine = None
