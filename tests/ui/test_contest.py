"""The block on a page: in both languages, with a paid entry, and with a key that nobody sees."""

import logging
import re
from collections.abc import Iterator
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from explainers.support import bertimbau, openai_vectors, ranking
from tests.explainers.openai_server import Server, serving
from ui import contest
from ui.locale import LANGUAGES, Words, table
from ui.secret import secret

WRITTEN = "sk-zorgle-0123456789-NEVER-SHOWN"
EACH = pytest.mark.parametrize("language", LANGUAGES)
PAGE = """
from types import SimpleNamespace
import streamlit as st
from explainers.support import ranking
from ui.contest import contest
from ui.locale import Words

words = Words(st.query_params["lang"], "bert")
lesson = SimpleNamespace(words=words, page=words.page, linked={})
contest(lesson, "ranking", ranking)
st.session_state["linked"] = lesson.linked
"""


@pytest.fixture(autouse=True)
def encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (bertimbau.VARIABLE, "OPENAI_API_KEY", openai_vectors.BUDGET):
        monkeypatch.delenv(name, raising=False)
    ranking.free()
    ranking.wait()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(openai_vectors, "_spent", 0.0)
    with serving() as state:
        monkeypatch.setenv("OPENAI_BASE_URL", state.url)
        monkeypatch.setenv("OPENAI_API_KEY", WRITTEN)
        yield state


def page(language: str, **parameters: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.query_params["lang"] = language
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def tables(app: AppTest) -> list[list[list[str]]]:
    """Every table of the block, row by row, as a reader sees it."""
    bodies = [element.proto.body for element in app.get("html")]
    return [
        [
            [unescape(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", body)
        ]
        for body in bodies
        if "<table" in body
    ]


def prose(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.warning))


def said(language: str, key: str, **values: Any) -> str:
    return Words(language, "bert").fill(table(language, "bert")["ranking"]["says"][key], values)


@EACH
def test_the_table_and_every_answer(language: str) -> None:
    app = page(language)
    words = table(language, "bert")["ranking"]
    facts, *answers = tables(app)
    assert facts[0] == [words["who"], *(column["label"] for column in words["facts"].values())]
    assert [row[0] for row in facts[1:]] == list(words["names"].values())
    dimensions = {"en": ["5,000", "50", "384", "–", "1,536"], "pt": ["5.000", "50", "384", "–", "1.536"]}
    assert [row[1] for row in facts[1:]] == dimensions[language]
    assert [row[-1].endswith("%") for row in facts[1:]] == [True, True, True, False, False]
    assert len(answers) == 3 and all(len(answer) == 1 + ranking.NEAREST for answer in answers)
    for name, answer in zip(ranking.FREE, answers, strict=True):
        found = ranking.free()[name].nearest(words["default"])
        assert [row[2] for row in answer[1:]] == [ranking.corpus().texts[place] for place, _ in found]
        near = [float(row[0].replace(",", ".").replace("−", "-")) for row in answer[1:]]
        assert near == pytest.approx([value for _, value in found], abs=5e-4)
    assert said(language, "bertimbau_unset", variable=bertimbau.VARIABLE) in prose(app)
    assert said(language, "openai_key") in prose(app)
    assert not app.button and app.session_state["linked"] == {}


@EACH
def test_every_sentence_can_be_filled(language: str) -> None:
    values = {
        "one_hot": 0.5, "glove": 0.6, "minilm": 0.7, "chance": 0.5, "n": 400,
        "variable": "A_B", "file": "x_y.json",
        "texts": 3, "tokens": 1200, "dollars": 0.00012, "seconds": 1.5, "status": 500,
    }  # fmt: skip
    for key in table(language, "bert")["ranking"]["says"]:
        assert "{" not in said(language, key, **values)


@EACH
def test_the_question_is_in_the_address(language: str) -> None:
    app = page(language, ranking="the sound is great")
    assert app.text_input(key="ranking").value == "the sound is great"
    before = tables(app)
    app.text_input(key="ranking").set_value("the worst film").run()
    assert not app.exception and app.session_state["linked"] == {"ranking": "the worst film"}
    assert tables(app) != before
    for odd in ("", "  ", "<script>alert(1)</script> **b** | {0.__class__}", "😀", "\x00\x07", "a\u0301"):
        app.text_input(key="ranking").set_value(odd).run()
        assert not app.exception and not app.warning
        assert "<script" not in prose(app)
    app.text_input(key="ranking").set_value("x" * 281).run()
    label = table(language, "bert")["ranking"]["label"]
    assert [w.value for w in app.warning] == [
        Words(language, "bert").say("errors.text_length", label=label, limit=280)
    ]


@EACH
def test_a_paid_answer(
    language: str, server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    app = page(language)
    assert not server.calls, "opening the page costs nothing"
    assert "US\\$ 0" in prose(app) and app.button(key="ranking_openai")
    server.mode = "401"
    app.button(key="ranking_openai").click().run()
    assert not app.exception and said(language, "openai_refused") in prose(app)
    server.mode = "good"
    app.button(key="ranking_openai").click().run()
    assert not app.exception and len(server.calls) == 2
    assert not [button for button in app.button if button.key == "ranking_openai"]
    assert said(language, "reranked", n=len(server.calls[1]["input"]) - 1) in prose(app)
    app.run()
    assert len(server.calls) == 2
    shown = (
        prose(app)
        + repr(tables(app))
        + str(app.query_params)
        + repr({key: app.session_state[key] for key in ("kept_ranking", "ranking", "linked")})
        + repr(app.main)
    )
    for text in (shown, caplog.text, "".join(capfd.readouterr())):
        assert WRITTEN not in text and "zorgle" not in text


def test_the_secret_comes_from_the_secrets_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret("UNROLLED_ZORGLE") is None
    monkeypatch.setenv("UNROLLED_ZORGLE", f" {WRITTEN}\n")
    found = secret("UNROLLED_ZORGLE")
    assert found is not None and found.get_secret_value() == WRITTEN
    assert "zorgle" not in f"{found} {found!r}"
    for there, value in ((True, "other"), (False, WRITTEN)):
        kept = SimpleNamespace(
            load_if_toml_exists=lambda there=there: there, get={"UNROLLED_ZORGLE": "other"}.get
        )
        monkeypatch.setattr(st, "secrets", kept)
        found = secret("UNROLLED_ZORGLE")
        assert found is not None and found.get_secret_value() == value


def test_a_text_in_an_answer_is_shown_and_not_obeyed() -> None:
    lesson: Any = SimpleNamespace(words=Words("pt", "ui"))
    cell = contest._cell(lesson, {"label": '"'}, "<b>&")
    assert cell == '<td data-label="&quot;">&lt;b&gt;&amp;</td>'
    assert contest._cell(lesson, {"label": "x", "cell": "{v:+.1f}"}, -2.5) == (
        '<td data-label="x" class="neg">−2,5</td>'
    )
