"""The pages of the course, in its order."""

from pathlib import Path

from explainers.support.registry import names

PAGES = Path(__file__).resolve().parents[1] / "pages"
LAST = ("summary",)  # looks back at the others


def course() -> list[str]:
    """The names of all pages: the explainers', then those that train nothing themselves."""
    return [*names(), *LAST]


def page_file(name: str) -> Path:
    """The file of a page, as Streamlit's navigation knows it."""
    return PAGES / f"{name}.py"
