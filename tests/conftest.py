"""One thread for torch, as in a worker, and which tests share a process."""

import re
import sys
from collections.abc import Iterator

import pytest
import torch
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from explainers.support.registry import names
from ui import workers

torch.set_num_threads(1)  # on small models more threads only wait for one another


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """AppTest leaves its script as the main module, which a new worker process would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def training_workers() -> Iterator[None]:
    """One process is enough: a page's test waits for one training at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_WORKERS", "1")
        workers.engine()
    yield
    workers.stop()


def group_of(nodeid: str) -> str:
    """What a test shares something dear with: those of the browser, of its page, or of its file.

    All tests of a page share its trainings, those in a browser share a server, those of one file what its
    fixtures train.
    """
    path, _, test = nodeid.partition("::")
    if path.startswith("tests/browser/"):
        return "browser"
    if path.startswith("tests/pages/") or path == "tests/test_contract.py":
        return next((page for page in re.split(r"[\[\]-]", test) if page in names()), path)
    return path


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # without types
    """A group runs in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    """The groups above, where pytest-xdist's own would be modules."""
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A group stands together. The browser comes first: its group is the longest."""
    groups: dict[str, list[pytest.Item]] = {"browser": []}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)
    items[:] = [item for group in groups.values() for item in group]
