"""A box for lines of CSV: what is typed, uploaded or linked; what is too long for an address."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explainers import time_series
from tests.pages.conftest import address, cold, link, numbers, prose, trained
from ui import kept
from ui.locale import LANGUAGES, Words

EACH = pytest.mark.parametrize("language", LANGUAGES)
SHORT = "\n".join(str(t % 7 + t % 5) for t in range(100))
LONG = "year,value\n" + "\n".join(f"{1000 + t},{t % 7 + t % 5}.25" for t in range(900))


def typed(app: AppTest, text: str) -> AppTest:
    return app.text_area(key="series").set_value(text).run()


def warnings(app: AppTest) -> list[str]:
    return [element.value for element in app.warning]


@EACH
def test_a_series_of_ones_own(language: str) -> None:
    words = Words(language, "time_series")
    app = trained(cold("time_series", language, steps="24"), "time_series", language)
    before = numbers(app)
    app = trained(typed(app, SHORT), "time_series", language)
    assert not app.exception and not app.warning
    assert numbers(app) != before
    chips = [text for text in prose(app) if "u-chip" in text]
    assert all(words.say("data.own") in text and words.say("data.sunspots") not in text for text in chips)
    assert address(app)["series"] == SHORT
    again = trained(cold("time_series", language, **address(app)), "time_series", language)
    assert numbers(again) == numbers(app)
    assert link(again) == link(app)


@EACH
def test_what_is_wrong_is_said_in_one_sentence_and_the_default_stands(language: str) -> None:
    words = Words(language, "time_series")
    app = trained(cold("time_series", language, steps="24"), "time_series", language)
    before = numbers(app)
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("1\n2\nabc", "series_text", {"row": 3, "cell": "abc"}),
        ("<script>alert(1)</script>", "series_text", {"row": 1, "cell": "scriptalert(1)/script"}),
        ("1\n2\n\n3", "series_gap", {"row": 3}),
        ("1\n2\n3", "series_short", {"rows": 3, "window": 22, "period": 11, "least": 47}),
        ("5\n" * 60, "series_constant", {"learnt": 48, "value": 5.0}),
        ("1\n" * 5001, "series_long", {"rows": 5001, "most": 5000}),
    ]
    for text, code, values in wrong:
        app = typed(app, text)
        assert not app.exception
        assert warnings(app) == [words.fill(words.page["errors"][code], values)]
        assert numbers(app) == before
    app = typed(app, "x" * 120_001)
    label = words.page["controls"]["series"]["label"]
    assert warnings(app) == [words.say("errors.text_length", label=label, limit=120_000)]
    for text in ("", "  \n\t", "\x00\x07", "😀🧵", "مرحبا", "{0.__class__} {row} %s", "a\u0301", "\ufffe"):
        app = typed(app, text)
        assert not app.exception
        assert len(warnings(app)) == (1 if text.strip() else 0), repr(text)
        assert numbers(app) == before


def test_a_long_series_stays_in_the_session_and_the_page_says_so() -> None:
    words = Words("en", "time_series")
    label = words.page["controls"]["series"]["label"]
    app = trained(cold("time_series", "en", steps="24"), "time_series", "en")
    assert not [text for text in prose(app) if text == words.say("not_in_link", label=label)]
    app = trained(typed(app, LONG), "time_series", "en")
    assert not app.exception and not app.warning
    assert kept.lost(address(app)["series"])
    assert "series=" not in link(app)
    assert [text for text in prose(app) if text == words.say("not_in_link", label=label)]
    now = numbers(app)
    app = app.button(key="pin").click().run()
    assert len(address(app)["a"]) < 1000
    assert [row[1:] for row in numbers(app)] == [[row[1], row[1], "+0"] for row in now]
    # The same address in another session.
    other = trained(cold("time_series", "en", **address(app)), "time_series", "en")
    assert not other.exception
    # Nor did run A travel with it.
    assert warnings(other) == [words.say("errors.lost", label=label), words.say("errors.pinned")]
    assert len(numbers(other)[0]) == 2, "run A, whose data are not here, is not shown"


def test_a_file_fills_the_box() -> None:
    app = trained(cold("time_series", "en", steps="24"), "time_series", "en")
    for data in (
        SHORT.encode(),
        b"\xef\xbb\xbf" + SHORT.encode(),
        "café\n".encode("latin-1") + SHORT.encode(),
    ):
        app.file_uploader(key="series_file").set_value(("own.csv", data, "text/csv")).run()
        assert not app.exception and not app.warning
        assert str(app.text_area(key="series").value).endswith(SHORT)


def test_names_are_short_and_the_store_is_bounded() -> None:
    script = """
import streamlit as st
from ui import kept
texts = [str(n) * 3000 for n in range(20)]
st.session_state["names"] = [kept.short(text) for text in texts]
st.session_state["back"] = [kept.whole(name) for name in st.session_state["names"]]
st.session_state["same"] = kept.short("1,2")
"""
    app = AppTest.from_string(script).run()
    names, back = app.session_state["names"], app.session_state["back"]
    assert all(kept.lost(name) for name in names) and len(set(names)) == 20
    assert back[-1] == "19" * 3000 and back[0] == names[0]
    assert sum(not kept.lost(text) for text in back) == kept.MOST
    assert app.session_state["same"] == "1,2"


def test_the_field_is_declared_once() -> None:
    field = time_series.Training.model_fields["series"]
    assert isinstance(field.json_schema_extra, dict) and field.json_schema_extra["csv"]
