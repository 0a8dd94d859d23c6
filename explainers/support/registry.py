"""Which concepts there are: every module of ``explainers`` that has a ``Training``, in the course's order."""

import importlib
import pkgutil
from functools import cache
from typing import Any

import explainers


@cache
def find(name: str) -> Any:
    """The explainer called ``name``.

    Raises:
        KeyError: if there is none; its argument names those there are.

    """
    known = names()
    if name not in known:
        raise KeyError(f"{name!r} is not an explainer; there are: {', '.join(known)}")
    return importlib.import_module(f"explainers.{name}")


@cache
def names() -> list[str]:
    """The names of all explainers in the order of the course."""
    files = [
        m.name
        for m in pkgutil.iter_modules(explainers.__path__)
        if not m.ispkg and not m.name.startswith("_")
    ]
    modules: dict[str, Any] = {name: importlib.import_module(f"explainers.{name}") for name in files}
    return sorted(modules, key=lambda name: (modules[name].ORDER, name))
