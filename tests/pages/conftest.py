"""The real page code without a browser: a cold link is a fresh session that runs once."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner

from explainers.support.contract import Checkpoint
from explainers.support.registry import find, names
from training import Run
from ui import compare, lesson, workers
from ui.controls import defaults, extra, limit, log_series, settings
from ui.locale import LANGUAGES, Words

ROOT = Path(__file__).resolve().parents[2]
ALL = pytest.mark.parametrize("name", names())
EACH = pytest.mark.parametrize("language", LANGUAGES)
PATIENCE = 300.0  # seconds; nothing takes as long, a condition ends every wait


@pytest.fixture(scope="package", autouse=True)
def no_idle_time(training_workers: None) -> Iterator[None]:
    """Pages do not wait for a short run (``trained`` does), and their scripts are compiled once, as a server
    does; each session of AppTest would compile them again.
    """
    del training_workers
    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        for module in (lesson, compare):
            patch.setattr(module, "FIRST_LOOK", 0.0)
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture
def few_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page gets the first and the last checkpoint of a run.

    What is between differs in its weights alone, and reading each for each of hundreds of addresses would be
    nine tenths of the work.
    """
    whole = vars(Run)["checkpoints"].fget

    def few(run: Run) -> tuple[Checkpoint, ...]:
        found = whole(run)
        return (found[0], found[-1]) if len(found) > 1 else found

    monkeypatch.setattr(Run, "checkpoints", property(few))


@cache
def components() -> BidiComponentManager:
    """The components of installed packages; every fresh session would look through all of them again."""
    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    return manager


def cold(name: str, language: str | None = None, /, **parameters: str | list[str]) -> AppTest:
    """The page as a link with these parameters opens it for somebody who was not here before."""
    app = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=PATIENCE)
    app._bidi_component_manager = components()
    if name != "home":
        app.switch_page(str(ROOT / "pages" / f"{name}.py"))
    if language is not None:
        app.query_params["lang"] = language
    for key, value in parameters.items():
        app.query_params[key] = value
    return app.run()


def fields(name: str) -> dict[str, FieldInfo]:
    """Every control of the page."""
    return {**find(name).Training.model_fields, **find(name).View.model_fields}


def texts(name: str) -> list[str]:
    """The fields into which a visitor types."""
    return [key for key, field in fields(name).items() if field.annotation is str]


def free_texts(name: str) -> list[str]:
    """Those that take any words, and neither lines of data nor a drawing."""
    return [key for key in texts(name) if not any(extra(fields(name)[key], kind) for kind in ("csv", "pad"))]


def starts(name: str, language: str) -> dict[str, Any]:
    """The default of every control, in this language."""
    kinds = (find(name).Training, find(name).View)
    return {key: value for kind in kinds for key, value in defaults(kind, Words(language, name)).items()}


def trained(app: AppTest, name: str, language: str) -> AppTest:
    """The page once more, when the training that it shows is done."""
    assert run_of(app, name, language).wait(PATIENCE)
    return app.run()


def begun(app: AppTest, name: str, language: str) -> AppTest:
    """The page once more, when the training that it shows has come to its first checkpoint, or further."""
    assert run_of(app, name, language).wait_for(1, PATIENCE)
    return app.run()


def run_of(app: AppTest, name: str, language: str) -> Run:
    """The training that the page's controls describe."""
    kind = find(name).Training
    values = {key: app.session_state[key] for key in kind.model_fields}
    return workers.engine().request("test session id", name, settings(kind, Words(language, name), values))


def values_of(field: FieldInfo) -> Sequence[Any]:
    """Values that the control of a field offers; none for a text."""
    if field.annotation is bool:
        return (False, True)
    if get_origin(field.annotation) is not None:
        return get_args(field.annotation)
    if field.annotation is str:
        return ()
    low, high = limit(field, "ge"), limit(field, "le")
    whole = field.annotation is int
    if extra(field, "log"):
        return log_series(low, high, whole)
    step = limit(field, "multiple_of") or (1 if whole else (high - low) / 20)
    return [low + step * i for i in range(int((high - low) / step) + 1)]


def prose(app: AppTest) -> list[str]:
    """Everything that the page says outside of pictures, code and formulas."""
    return [element.value for element in (*app.markdown, *app.caption, *app.warning, *app.info)]


def numbers(app: AppTest) -> list[list[str]]:
    """The table of the headline numbers, row by row: what it is, (A,) now(, difference)."""
    table = next(text for text in prose(app) if text.startswith("| |"))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]


def value_of(cell: str, language: str) -> float:
    """A number as the page writes it; a dash is not a number."""
    plain = cell.replace(",", "") if language == "en" else cell.replace(".", "").replace(",", ".")
    return float("nan") if cell == "–" else float(plain.replace("−", "-"))


def pressed(app: AppTest, key: str) -> AppTest:
    """The page after a click on a button."""
    return app.button(key=key).click().run()


def address(app: AppTest) -> dict[str, str]:
    """What stands in the address, but for the language."""
    written = {key: value if isinstance(value, str) else value[-1] for key, value in app.query_params.items()}
    return {key: value for key, value in written.items() if key != "lang"}


def link(app: AppTest) -> str:
    """The link to exactly this state."""
    drawn = (element.proto for element in app.get("bidi_component"))
    return next(json.loads(p.json)["text"] for p in drawn if p.component_name.endswith("unrolled_copyable"))
