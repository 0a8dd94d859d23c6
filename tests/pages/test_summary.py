"""The summary: what to keep, with the numbers of real runs, and the self-check, in every language."""

import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explainers.support.contract import Settings
from explainers.support.minis import Bars, Cells, Lines
from explainers.support.registry import find
from tests.pages.conftest import EACH, PATIENCE, ROOT, cold, prose
from ui import summary, workers
from ui.controls import limit, settings
from ui.locale import LANGUAGES, Words, table
from ui.mini import html


def pages() -> list[str]:
    return list(table("en", "summary")["keep"])


def storyboard() -> list[summary.Keep | summary.Question]:
    """What the page is made of, in its order."""
    told: list[summary.Keep | summary.Question] = []

    class Recorder:
        def open(self) -> None: ...

        def keep(self, *things: summary.Keep) -> None:
            told.extend(things)

        def check(self, *questions: summary.Question) -> None:
            told.extend(questions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "Summary", Recorder)
        runpy.run_path(str(ROOT / "pages" / "summary.py"))
    return told


def few_steps(kind: type[Settings], words: Words, values: dict[str, Any]) -> Settings:
    """As the page asks for it, but trained as shortly as the page allows."""
    asked = settings(kind, words, values)
    steps = kind.model_fields.get("steps")
    return kind(**{**asked.model_dump(), "steps": limit(steps, "ge")}) if steps else asked


@pytest.fixture(scope="module")
def trained() -> Iterator[None]:
    """A short run of each page that has something to keep, as the English summary asks for it."""
    things = [one for one in storyboard() if isinstance(one, summary.Keep)]
    for thing in things:
        name, fields = thing.page, find(thing.page).Training.model_fields
        values = {key: value for key, value in thing.state.items() if key in fields}
        training = few_steps(find(name).Training, Words("en", name), values)
        assert workers.engine().request("test summary", name, training, slot=name).wait(PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "settings", few_steps)
        yield
    workers.engine().leave("test summary")


def questions(app: AppTest) -> list[str]:
    return [str(group.key) for group in app.get("button_group") if str(group.key).startswith("check_")]


def test_every_thing_to_keep_has_numbers_and_a_picture(trained: None) -> None:
    app = cold("summary", "en")
    assert not app.exception and not app.warning
    said = "\n".join(prose(app))
    keep = table("en", "summary")["keep"]
    for name in pages():
        assert f"**{keep[name]['title']}**" in said
    assert not re.search(r"\{\w+|\bnan\b|\binf\b", said)
    numbers = [text for text in prose(app) if "u-chips" in text]
    assert len(numbers) == len(pages())
    assert all(re.search(r"\d|“", text) for text in numbers)
    found: list[Any] = list(app.get("html"))
    pictures = [element.value for element in found if str(element.value).startswith("<div")]
    assert len(pictures) == len(pages())


def test_the_numbers_are_those_of_the_pages(trained: None) -> None:
    app = cold("summary", "en")
    explainer = find("one_hot")
    training = few_steps(explainer.Training, Words("en", "one_hot"), {})
    run = workers.engine().request("test summary", "one_hot", training, slot="keep_0")
    headline = explainer.headline(run.checkpoints[-1], explainer.read(run.checkpoints[-1], explainer.View()))
    for key in ("accuracy_ids", "accuracy_one_hot"):
        assert f"{headline[key]:.0%}" in "\n".join(prose(app))


@EACH
def test_the_self_check_counts_and_leads_back(language: str) -> None:
    app = cold("summary", language)
    keys = questions(app)
    assert len(keys) == len(set(keys)) == 12
    words = Words(language, "summary")
    for count, key in enumerate(keys[:3], start=1):
        page, number = key.removeprefix("check_").rsplit("_", 1)
        options = table(language, page)["predict"][int(number) - 1]["options"]
        for good in (False, True):
            chosen = next(i for i, option in enumerate(options) if bool(option.get("right")) is good)
            app = chosen_in(app, key, chosen)
            said = "\n".join(prose(app))
            assert options[chosen]["answer"] in said
            score = {"right": count - 1 + good, "answered": count, "all": 12}
            assert words.fill(words.page["check"]["score"], score) in said
    app = app.button(key="check_again").click().run()
    assert words.fill(words.page["check"]["none"], {"all": 12}) in "\n".join(prose(app))
    assert not app.exception


def chosen_in(app: AppTest, key: str, option: int) -> AppTest:
    """The page after a choice in the group of pills."""
    groups: list[Any] = list(app.get("button_group"))
    changed: AppTest = next(one for one in groups if one.key == key).set_value(option).run()
    return changed


def test_every_state_that_it_leads_to_is_allowed() -> None:
    """Each link sets controls that its page has, to values that they allow; each question exists."""
    told = storyboard()
    assert len(told) == 22
    for one in told:
        explainer = find(one.page)
        kinds = (explainer.Training, explainer.View)
        assert set(one.state) <= {field for kind in kinds for field in kind.model_fields}
        for kind in kinds:
            kind(**{key: value for key, value in one.state.items() if key in kind.model_fields})
        if isinstance(one, summary.Question):
            for language in LANGUAGES:
                assert len(table(language, one.page)["predict"]) >= one.number


def test_small_pictures_are_escaped() -> None:
    words = Words("pt", "summary")
    evil = "<script>alert(1)</script>"
    for mini in (
        Bars([(evil, 0.5, "ids")]),
        Lines([(evil, [0, 1], "rnn")], (0, 1), (evil, evil), (evil, evil)),
        Cells([[0.5]], [evil]),
    ):
        drawn = html(mini, words, evil)
        assert "<script" not in drawn
        assert "&lt;script" in drawn
    assert "50%" in html(Bars([("x", 0.5, "ids")]), words, "x")
    assert "0,50" in html(Bars([("x", 0.5, "ids")], 1.0, "{v:.2f}"), words, "x")
    assert summary.NAME == "summary"
