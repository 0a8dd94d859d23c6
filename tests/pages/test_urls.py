"""Whatever stands in the address, the page opens in a known language, with allowed settings."""

import gc
import json
import random
from typing import Any

import pytest

from explainers.support.registry import find
from tests.pages.conftest import ALL, EACH, cold, fields, prose, starts, texts, trained, values_of
from ui.locale import LANGUAGES, table

URLS, FEWER = 300, 60  # the page code is the same for all: hundreds for the first pages
FIRST = ("home", "one_hot", "embedding", "average_pooling")
TRAININGS = 8  # of them change what is trained: each starts a run that nobody waits for
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "$\\frac{$",
]
HOSTILE = [
    "", " ", "\n\n", "0", "1", "-1", "-5", "9999", "7.5", "1e2", "1e309", "-0", "0x10", "7_0", " 7 ",
    "\u0667", "9" * 5_000, "abc", "None", "null", "NaN", "inf", "-inf", "true", "{}", "[]", '"', "%00",
    "a=b&c=d#e", "../../etc/passwd", "' OR 1=1 --", "${7*7}", "{0.__class__}", "{text}", "😀🧵", "مرحبا بكم",
    "a\u0301e\u0302", "\u202eright to left", "\x00\x07\x1b[31m", "\ufffe\uffff", "x" * 10_000, "é" * 280,
    "a " * 140, *MARKUP,
]  # fmt: skip
# A hostile value that a control takes for a number would train: these cannot be read as one.
NO_NUMBER = [text for text in HOSTILE if not any(character.isdigit() for character in text)]
BROKEN = [
    "", "{", "nonsense", "null", "true", "7", '"text"', "[]", "[[1]]", "{}", '{"nothing": 1}', "{'a': 1}",
    "\x00", "[" * 10_000, '{"a":' * 10_000, "1" * 6_000, '{"seed": ' + "9" * 6_000 + "}", '{"seed": 1e999}',
    '{"seed": NaN}',
    '{"seed": {"a": [1]}}', '{"seed": []}', '{"seed": true}', '{"seed": "7"}', '{"seed": -1}',
    '{"text": 7}', '{"text": null}', '{"text": "\\ud800"}', '{"text": "' + "x" * 300 + '"}',
    '{"__class__": "x"}', "x" * 10_000,
]  # fmt: skip


def pinned(name: str, dice: random.Random) -> str:
    """A run A: allowed settings, or some of them gone, or one of a wrong type."""
    values: dict[str, Any] = starts(name, "en")
    for key in dice.sample(sorted(values), k=dice.randrange(len(values))):
        values[key] = dice.choice([[], {}, None, -1, 1e308, True, "", "x" * 300, *HOSTILE])
    for key in dice.sample(sorted(values), k=dice.randrange(2)):
        del values[key]
    return json.dumps(values)


def urls(name: str, language: str) -> list[dict[str, str | list[str]]]:
    """Random parameters, allowed and hostile, alone and together; every hostile value occurs."""
    dice = random.Random(f"{name} {language}")
    training = sorted(find(name).Training.model_fields)
    view = sorted(find(name).View.model_fields)
    other = ["a", "reveal", "lang", "sweep", "nothing", "stop", "page", f"guess_{name}_1", "skip_1", "pin"]
    found: list[dict[str, str | list[str]]] = []
    for number in range(URLS if name in FIRST else FEWER):
        url: dict[str, str | list[str]] = {"lang": language}
        for key in dice.sample(view, k=dice.randint(0, len(view))):
            known = values_of(fields(name)[key])
            allowed = known and dice.random() < 0.5
            url[key] = str(dice.choice(known)).lower() if allowed else dice.choice(HOSTILE)
        for key in dice.sample(training, k=1):
            url[key] = dice.choice(NO_NUMBER)
        if number < TRAININGS:
            key = training[number % len(training)]
            url[key] = str(dice.choice(values_of(fields(name)[key]) or ["good"])).lower()
        elif number < 2 * TRAININGS:
            url[training[number % len(training)]] = dice.choice(HOSTILE)
        for key in dice.sample(other, k=2):
            url[key] = dice.choice([HOSTILE[number % len(HOSTILE)], "1", language])
        if number % 2 == 0:
            url["a"] = dice.choice([BROKEN[number // 2 % len(BROKEN)], pinned(name, dice)])
        if number % 7 == 0:
            key = dice.choice([*view, *other])
            url[key] = [dice.choice(HOSTILE) for _ in range(dice.choice([2, 3, 50]))]
        found.append(url)
    return found


@pytest.mark.usefixtures("few_checkpoints")
@ALL
@EACH
def test_no_address_does_harm(name: str, language: str) -> None:
    trained(cold(name, language), name, language)
    gc.freeze()  # else every full collection of garbage goes through torch's objects again, 0.3 s each
    title = {table(known, name)["title"] for known in LANGUAGES}
    for url in urls(name, language):
        app = cold(name, None, **url)
        said = {key: value[:80] for key, value in url.items()}
        assert not app.exception and not app.error, said
        assert app.title[0].value in title, said
        if url["lang"] in list(LANGUAGES):
            assert app.title[0].value == table(str(url["lang"]), name)["title"], said
        for kind in (find(name).Training, find(name).View):
            kind(**{key: app.session_state[key] for key in kind.model_fields if key not in texts(name)})
        assert not [text for text in prose(app) for bad in MARKUP if bad in text], said
