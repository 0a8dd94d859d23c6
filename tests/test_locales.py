"""Both languages say the same things: no key is missing in either, and every field is filled in both."""

import re
import string
from typing import Any

import pytest

from explainers.support.registry import find, names
from ui.course import course
from ui.locale import LANGUAGES, LOCALES, Words, plain, table

PAGES = sorted(path.stem for path in (LOCALES / "en").glob("*.toml"))


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Nested tables and lists as one table of dotted keys."""
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flat(item, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {k: v for i, item in enumerate(value) for k, v in flat(item, f"{path}[{i}]").items()}
    return {path: value}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def formula_fields(text: str) -> set[str]:
    return set(re.findall(r"<.*?>", text))


def test_the_same_pages_in_both_languages() -> None:
    assert {path.stem for path in (LOCALES / "pt").glob("*.toml")} == set(PAGES)
    assert {*course(), "ui"} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_same_keys_and_fields(page: str) -> None:
    tables = {language: flat(table(language, page)) for language in LANGUAGES}
    drop = {key for t in tables.values() for key in t if key.startswith(".defaults")}
    en, pt = ({k: v for k, v in tables[language].items() if k not in drop} for language in ("en", "pt"))
    assert en.keys() == pt.keys()
    for key, value in en.items():
        if isinstance(value, str) and not key.startswith(".inside.formula"):
            assert value.strip(), key
            fields = formula_fields if key == ".inside.numbers" else placeholders
            assert fields(value) == fields(pt[key]), key


@pytest.mark.parametrize("page", PAGES)
def test_words_are_sober(page: str) -> None:
    for language in LANGUAGES:
        for key, value in flat(table(language, page)).items():
            if isinstance(value, str) and not re.search(
                r"labels|formula|options\[\d\]\.text|url|defaults", key
            ):
                assert "!" not in value.replace("`!`", "").replace("“!”", ""), f"{language} {key}"


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_has_every_word(name: str, language: str) -> None:
    page, explainer = table(language, name), find(name)
    fields = {**explainer.Training.model_fields, **explainer.View.model_fields}
    assert set(page["controls"]) == set(fields)
    assert set(page.get("break", {})) == set(explainer.BREAKS)
    assert page["inside"]["formula"] and page["inside"]["numbers"] and page["inside"]["text"]
    assert set(page["headline"]) == set(explainer.HEADLINE)
    assert set(page.get("defaults", {})) <= set(fields)
    for question in page.get("predict", []):
        assert sum(bool(option.get("right")) for option in question["options"]) == 1
        assert all(option["answer"] for option in question["options"])


def test_numbers_follow_the_language() -> None:
    assert Words("en", "ui").fill("{n:,} {x:.2f}", {"n": 20800, "x": 0.5}) == "20,800 0.50"
    assert Words("pt", "ui").fill("{n:,} {x:.2f}", {"n": 20800, "x": 0.5}) == "20.800 0,50"
    for below, nothing in ((-0.5, -0.004), (-0.5, -0.0)):
        assert Words("pt", "ui").fill("{x:.2f} {y:.2f}", {"x": below, "y": nothing}) == "−0,50 0,00"


def test_a_size_has_three_digits_and_no_power_of_ten() -> None:
    sizes = {26.0: "26.0", 9.999: "10.0", 0.98: "0.98", 1.0: "1.00", 123.4: "123", 12345.6: "12,346"}
    words = Words("en", "ui")
    assert {value: words.fill("{x:size}", {"x": value}) for value in sizes} == sizes
    assert Words("pt", "ui").fill("{x:size}", {"x": 26.0}) == "26,0"


def test_the_visitors_words_are_shown_as_typed() -> None:
    assert Words("en", "ui").fill("{w}", {"w": "<b>*x*"}) == plain("<b>*x*") == r"\<b\>\*x\*"
