"""One thread for torch, as in a worker: on small models more threads only wait for one another."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)

HERE = Path(__file__).parent
BY_PAGE = (HERE / "pages", HERE / "test_contract.py")


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """AppTest leaves its script as the main module, which a new worker process would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test often waits for a training, a server or a browser."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares something dear stands together, and pytest-xdist runs it in one process.

    All tests of a page share its trainings, those of a browser share a server, and those of one file what
    its fixtures train. The browser comes first: its group is the longest.
    """
    groups: dict[str, list[pytest.Item]] = {"browser": []}
    for item in items:
        groups.setdefault(group_of(item), []).append(item)
    for name, found in groups.items():
        for item in found:
            item.add_marker(pytest.mark.xdist_group(name))
    items[:] = [item for found in groups.values() for item in found]


def group_of(item: pytest.Item) -> str:
    """Browser, page or file."""
    if HERE / "browser" in item.path.parents:
        return "browser"
    if any(place in (item.path, *item.path.parents) for place in BY_PAGE) and (page := page_of(item)):
        return f"page {page}"
    return item.path.stem


def page_of(item: pytest.Item) -> str:
    """The page that a test is about; empty for a test about none, or about all."""
    parameters = getattr(item, "callspec", None)
    return str(parameters.params.get("name", "")) if parameters else ""
