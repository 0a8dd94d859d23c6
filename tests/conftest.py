"""One thread for torch, as in a worker: on small models more threads only wait for one another."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of a page stand together: they share its trainings, and pytest-xdist gives away what stands
    together, so that each page is trained in one process and not in all.
    """
    for place in BY_PAGE:
        found = [index for index, item in enumerate(items) if place in (item.path, *item.path.parents)]
        for index, item in zip(found, sorted((items[index] for index in found), key=page_of), strict=True):
            items[index] = item


def page_of(item: pytest.Item) -> str:
    """The page that a test is about; empty for a test about none, or about all."""
    parameters = getattr(item, "callspec", None)
    return str(parameters.params.get("name", "")) if parameters else ""
