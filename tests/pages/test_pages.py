"""Every page in both languages through the real page code: its blocks, its controls, what is typed in."""

import json
import re
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from explainers.support.precomputed import command
from explainers.support.registry import find, names
from tests.pages.conftest import (
    ALL,
    EACH,
    ROOT,
    address,
    begun,
    cold,
    fields,
    free_texts,
    link,
    numbers,
    pressed,
    prose,
    starts,
    trained,
    value_of,
    values_of,
)
from ui import workers
from ui.locale import LANGUAGES, Words, table

FIELDS = [(name, field) for name in names() for field in free_texts(name)]
TYPED = {
    "empty": "",
    "spaces": "   \t ",
    "emoji": "😀🧵 good 👩‍👩‍👧",
    "right to left": "مرحبا بالعالم \u202eabc",
    "combining": "a\u0301e\u0302 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴",
    "control": "\x00\x07\x1b[31mred\x7f\u2028\ufffe",
    "markup": "<script>alert(1)</script> <b>zorgle</b> **zorgle** [zorgle](http://a.example) :red[zorgle]",
    "formatting": "{0.__class__} {text} %s %(a)s {{",
}
# Where every break is trained one language is enough: every second page in Portuguese.
IN_TURN = pytest.mark.parametrize(("name", "language"), list(zip(names(), cycle(LANGUAGES), strict=False)))
MARKS = ("<script", "<b>", "[zorgle](", ":red[")


@ALL
@EACH
def test_every_block_of_the_anatomy(name: str, language: str) -> None:
    app = trained(cold(name, language), name, language)
    page, say = table(language, name), Words(language, name).say
    assert not app.exception and not app.warning and not app.error
    assert app.title[0].value == page["title"]
    assert any(page["claim"] in text for text in prose(app))
    assert page["predict"][0]["question"] in app.button_group(key=f"guess_{name}_1").label
    assert {f"break_{key}" for key in find(name).BREAKS} <= {button.key for button in app.button}
    headings = {element.value for element in app.header}
    assert {say(key) for key in ("what_you_see", "take_away", "where_from")} <= headings
    assert [row[0] for row in numbers(app)] == list(page["headline"].values())
    chips = [text for text in prose(app) if "u-chip" in text]
    how = "precomputed" if hasattr(find(name), "PRECOMPUTED") else "measured"
    start = say(how, command=command(name), seed=7, seconds=0.0).split("·")[0]
    assert chips and all(start in text for text in chips)
    assert {"program", "csv"} <= {button.key for button in app.download_button}
    pictures = page["pictures"].items()
    shown = [words["see"] for key, words in pictures if not key.startswith("sweep_")]
    assert all(any(see in text for text in prose(app)) for see in shown)


@ALL
@EACH
def test_numbers_are_written_as_the_language_writes_them(name: str, language: str) -> None:
    app = trained(cold(name, language), name, language)
    wrong = r"\d\.\d{1,2}(?!\d)" if language == "pt" else r"\d,\d{1,2}(?!\d)"
    right = r"\d,\d" if language == "pt" else r"\d\.\d"
    said = [text for text in prose(app) if "](http" not in text]
    assert not [text for text in said if re.search(wrong, text)]
    assert any(re.search(right, text) for text in said)


@ALL
@EACH
def test_each_answer_has_its_own_reply(name: str, language: str) -> None:
    words = Words(language, name)
    app = cold(name, language)
    for number, question in enumerate(words.page["predict"], start=1):
        right = next(option for option in question["options"] if option.get("right"))
        for option in question["options"]:
            app.button_group(key=f"guess_{name}_{number}").set_value(option["text"]).run()
            said = prose(app)
            assert not app.exception
            mark = words.say("right" if option is right else "not_quite")
            assert [text for text in said if text == f"**{mark}** {option['answer']}"]
            assert (option is right) or any(right["answer"] in text for text in said)
            others = [o["answer"] for o in question["options"] if o not in (option, right)]
            assert not [text for text in said for other in others if other in text]


@ALL
@EACH
def test_skip_opens_the_answers_and_the_link_says_so(name: str, language: str) -> None:
    rights = [o["answer"] for q in table(language, name)["predict"] for o in q["options"] if o.get("right")]
    app = cold(name, language)
    assert not [text for text in prose(app) for right in rights if right in text]
    app = pressed(app, "skip_1")
    assert address(app) == {"reveal": "1"}
    for opened in (app, cold(name, language, reveal="1")):
        said = prose(opened)
        assert all(any(right in text for text in said) for right in rights)
        assert not [button for button in opened.button if str(button.key).startswith("skip_")]


@IN_TURN
def test_breaking_it_sets_the_controls_and_the_address(name: str, language: str) -> None:
    start = starts(name, language)
    for key, values in find(name).BREAKS.items():
        app = cold(name, language)
        if values.items() <= start.items():
            assert app.button(key=f"break_{key}").disabled
            continue
        app = pressed(app, f"break_{key}")
        assert not app.exception
        for field, value in values.items():
            assert app.session_state[field] == value
            raw = str(value).lower() if isinstance(value, bool) else str(value)
            assert address(app).get(field) == (None if value == start[field] else raw), field
        app = begun(app, name, language)
        assert not app.exception and not app.warning
        assert any(table(language, name)["break"][key]["says"] in text for text in prose(app))
        app = pressed(app, "reset")
        assert {field: app.session_state[field] for field in start} == start
        assert address(app) == {}


def test_another_text_is_no_break() -> None:
    """One button of this page sets what the page starts with: it is not in force by another text."""
    app = cold("one_hot", "en", text="another text")
    assert not [
        says for says in (text["says"] for text in table("en", "one_hot")["break"].values())
        if any(says in text for text in prose(app))
    ]  # fmt: skip


def test_what_would_change_nothing_cannot_be_pushed() -> None:
    def stands(app: AppTest) -> bool:
        return app.button(key="break_all_words").disabled

    app = cold("one_hot", "en")
    assert stands(app) and not app.button(key="break_few_words").disabled
    app = pressed(app, "break_few_words")
    assert not stands(app) and not app.button(key="break_few_words").disabled  # who pushed it stays on it
    assert stands(pressed(app, "break_all_words"))


@IN_TURN
def test_a_pinned_run_stands_beside_this_one(name: str, language: str) -> None:
    app = trained(cold(name, language), name, language)
    before = numbers(app)
    assert len(before[0]) == 2
    app = pressed(app, "pin")
    assert [row[1:] for row in numbers(app)] == [[row[1], row[1], "+0"] for row in before]
    changed = False
    for key in find(name).BREAKS:
        app = begun(pressed(app, f"break_{key}"), name, language)
        rows = numbers(app)
        assert [row[1] for row in rows] == [row[1] for row in before]
        for row in rows:
            a, now, difference = (value_of(cell, language) for cell in row[1:])
            size = max(abs(a), abs(now), 1e-9)
            assert abs(now - a - difference) <= 2e-3 * size, rows
        changed |= any(row[1] != row[2] for row in rows)
    assert changed
    app = pressed(app, "unpin")
    assert "a" not in address(app)
    assert len(numbers(app)[0]) == 2


@EACH
def test_a_run_a_that_cannot_be_shown_is_said(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = table(language, "ui")["errors"]
    app = cold("home", language, a="garbage")
    assert not app.exception
    assert errors["pinned"] in prose(app)
    assert "pinned" not in workers.engine()._watched.get("test session id", {})
    app = trained(pressed(app, "unpin"), "home", language)
    assert errors["pinned"] not in prose(app)
    monkeypatch.setattr(workers.engine(), "_most_waiting", 0)
    app.query_params["a"] = json.dumps({"steps": 24, "seed": 991})
    app = app.run()
    assert f"A: {errors['busy']}" in prose(app)
    assert len(numbers(app)[0]) == 2
    monkeypatch.undo()
    app = pressed(app, "again_a")
    assert not any(errors["busy"] in text for text in prose(app))


@IN_TURN
def test_the_link_opens_the_same_state(name: str, language: str) -> None:
    """With everything at once that the breaks set, each in its own control."""
    app = pressed(cold(name, language), "pin")
    typed = dict.fromkeys(free_texts(name), "good & bad #1? 100% + 😀 “so”")
    # Both pages train it, and are compared: short runs do.
    short = {key: values_of(about)[0] for key, about in fields(name).items() if key.endswith("steps")}
    broken = {key: value for values in find(name).BREAKS.values() for key, value in values.items()}
    for key, value in {**broken, **short, **typed}.items():
        app.session_state[key] = value
    app = trained(app.run(), name, language)
    again = cold(name, None, **parse_qs(urlsplit(link(app)).query, keep_blank_values=True))
    again = trained(again, name, language)
    assert not again.exception
    assert {key: again.session_state[key] for key in fields(name)} == {
        key: app.session_state[key] for key in fields(name)
    }
    assert numbers(again) == numbers(app)
    assert link(again) == link(app)
    assert again.title[0].value == table(language, name)["title"]


@ALL
def test_every_value_of_every_control_can_be_linked(name: str) -> None:
    start = starts(name, "en")
    other = {
        key: next(value for value in reversed(values_of(field)) if value != start[key])
        for key, field in fields(name).items()
        if values_of(field)
    }
    app = cold(name, "pt", **{key: str(value).lower() for key, value in other.items()})
    assert not app.exception
    assert {key: app.session_state[key] for key in other} == other


@pytest.mark.parametrize(("name", "field"), FIELDS)
@EACH
def test_whatever_is_typed(name: str, field: str, language: str) -> None:
    words = Words(language, name)
    app = trained(cold(name, language), name, language)
    before = numbers(app)
    limit = next(m.max_length for m in fields(name)[field].metadata if hasattr(m, "max_length"))
    for text in TYPED.values():
        app.text_input(key=field).set_value(text[:limit]).run()
        assert not app.exception and not app.warning, repr(text)
        assert app.text_input(key=field).value == text[:limit]
        obeyed = [said for said in prose(app) for mark in MARKS if mark in said]
        assert not obeyed
        assert len(numbers(app)) == len(before)
    app.text_input(key=field).set_value("x" * 10_000).run()
    label = words.page["controls"][field]["label"]
    assert [element.value for element in app.warning] == [
        words.say("errors.text_length", label=label, limit=limit)
    ]
    assert not app.exception
    assert numbers(app) == before


@pytest.mark.parametrize("name", [name for name in names() if table("pt", name).get("defaults")])
def test_a_page_starts_with_the_words_of_its_language(name: str) -> None:
    for language in LANGUAGES:
        app = cold(name, language)
        own = table(language, name).get("defaults", {})
        assert {key: app.session_state[key] for key in own} == own
        assert address(app) == {}


@pytest.mark.usefixtures("few_checkpoints")
@ALL
def test_another_pages_controls_stay_behind(name: str) -> None:
    """Of each control that this page shares with others, from one of them."""
    others = [other for other in names() if other != name]
    shares = {other: [key for key in fields(name) if key in fields(other)] for other in others}
    for before in {next(o for o in others if key in shares[o]) for keys in shares.values() for key in keys}:
        app = cold(before, "en")
        for key in shares[before]:
            known = values_of(fields(before)[key])
            app.session_state[key] = known[0] if known else "zorgle"
        app.run()
        app.query_params = {"lang": "en"}
        app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()
        start = starts(name, "en")
        assert not app.exception
        assert {key: app.session_state[key] for key in start} == start, before


@pytest.mark.parametrize("name", [name for name in names() if starts(name, "en") != starts(name, "pt")])
def test_a_control_at_its_default_follows_the_language(name: str) -> None:
    english, portuguese = starts(name, "en"), starts(name, "pt")
    app = cold(name, "en")
    app.button_group(key="lang").set_value("pt").run()
    assert {key: app.session_state[key] for key in portuguese} == portuguese
    assert not address(app)
    text = next(key for key in free_texts(name) if english[key] != portuguese[key])
    app.text_input(key=text).set_value("a film").run()
    app.button_group(key="lang").set_value("en").run()
    assert {key: app.session_state[key] for key in english} == {**english, text: "a film"}
