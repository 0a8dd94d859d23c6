"""The summary: what to keep, with the numbers of real runs, and the self-check, in every language."""

import re
import runpy
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from explainers.support.minis import Bars, Cells, Lines
from explainers.support.registry import find, names
from tests.pages.conftest import EACH, PATIENCE, ROOT, cold, prose
from ui import summary, workers
from ui.controls import settings
from ui.locale import LANGUAGES, Words, table
from ui.mini import html


def pages() -> list[str]:
    return [name for name in table("en", "summary")["keep"] if name in names()]


@pytest.fixture(scope="module")
def trained() -> Iterator[None]:
    """The default runs of all pages that have something to keep."""
    for i, name in enumerate(pages()):
        training = settings(find(name).Training, Words("en", name), {})
        assert workers.engine().request("test summary", name, training, slot=f"keep_{i}").wait(PATIENCE)
    yield
    workers.engine().leave("test summary")


def questions(app: AppTest) -> list[str]:
    return [str(group.key) for group in app.get("button_group") if str(group.key).startswith("check_")]


@EACH
def test_every_thing_to_keep_has_numbers_and_a_picture(language: str, trained: None) -> None:
    app = cold("summary", language)
    assert not app.exception and not app.warning
    said = "\n".join(prose(app))
    keep = table(language, "summary")["keep"]
    for name in pages():
        assert f"**{keep[name]['title']}**" in said
    assert not re.search(r"\{\w+|nan|inf\b", said)
    numbers = [text for text in prose(app) if "u-chips" in text]
    assert len(numbers) == len(pages())
    assert all(re.search(r"\d|“", text) for text in numbers)
    pictures = [element.value for element in app.get("html") if "u-mini" in str(element.value)]
    assert len(pictures) == len(pages())


def test_the_numbers_are_those_of_the_pages(trained: None) -> None:
    app = cold("summary", "en")
    explainer = find("one_hot")
    run = workers.engine().request("test summary", "one_hot", explainer.Training(), slot="keep_0")
    headline = explainer.headline(run.checkpoints[-1], explainer.read(run.checkpoints[-1], explainer.View()))
    for key in ("accuracy_ids", "accuracy_one_hot"):
        assert f"{headline[key]:.0%}" in "\n".join(prose(app))


@EACH
def test_the_self_check_counts_and_leads_back(language: str) -> None:
    app = cold("summary", language)
    keys = questions(app)
    assert len(keys) == len(set(keys)) == 12
    say = Words(language, "summary")
    answered, right = 0, 0
    for key in keys[:4]:
        _, page, number = re.fullmatch(r"(check)_(\w+)_(\d)", key).groups()  # type: ignore[union-attr]
        options = table(language, page)["predict"][int(number) - 1]["options"]
        wrong = next(i for i, option in enumerate(options) if not option.get("right"))
        good = next(i for i, option in enumerate(options) if option.get("right"))
        group = next(one for one in app.get("button_group") if one.key == key)
        app = group.set_value([wrong]).run()
        answered += 1
        assert options[wrong]["answer"] in "\n".join(prose(app))
        assert say.fill(
            say.page["check"]["score"], {"right": right, "answered": answered, "all": 12}
        ) in "\n".join(prose(app))
        group = next(one for one in app.get("button_group") if one.key == key)
        app = group.set_value([good]).run()
        right += 1
        assert say.fill(
            say.page["check"]["score"], {"right": right, "answered": answered, "all": 12}
        ) in "\n".join(prose(app))
    app = app.button(key="check_again").click().run()
    assert say.fill(say.page["check"]["none"], {"all": 12}) in "\n".join(prose(app))
    assert not app.exception


def test_every_state_that_it_leads_to_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each link sets controls that its page has, to values that they allow; each question exists."""
    told: list[summary.Keep | summary.Question] = []

    class Recorder:
        def open(self) -> None: ...

        def keep(self, *things: summary.Keep) -> None:
            told.extend(things)

        def check(self, *questions: summary.Question, most: int) -> None:
            assert most == 12
            told.extend(questions)

    monkeypatch.setattr(summary, "Summary", Recorder)
    runpy.run_path(str(ROOT / "pages" / "summary.py"))
    assert len(told) >= 22
    for one in told:
        if one.page not in names():
            continue
        explainer = find(one.page)
        kinds = (explainer.Training, explainer.View)
        assert set(one.state) <= {field for kind in kinds for field in kind.model_fields}
        for kind in kinds:
            kind(**{key: value for key, value in one.state.items() if key in kind.model_fields})
        if isinstance(one, summary.Question):
            for language in LANGUAGES:
                assert len(table(language, one.page)["predict"]) >= one.number
        else:
            assert not set(one.state) & set(explainer.Training.model_fields)  # the default run shows it


def test_small_pictures_are_escaped() -> None:
    words = Words("pt", "summary")
    evil = "<script>alert(1)</script>"
    for mini in (
        Bars([(evil, 0.5, "ids")]),
        Lines([(evil, [0, 1], "rnn")], (0, 1), (evil, evil)),
        Cells([[0.5]], [evil]),
    ):
        drawn = html(mini, words, evil)
        assert "<script" not in drawn
        assert "&lt;script" in drawn
    assert "50%" in html(Bars([("x", 0.5, "ids")]), words, "x")
    assert "0,50" in html(Bars([("x", 0.5, "ids")], 1.0, "{v:.2f}"), words, "x")
    assert summary.NAME == "summary"
