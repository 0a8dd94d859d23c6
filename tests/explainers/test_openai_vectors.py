"""The paid encoder, asked on a server of this machine: its answers, its errors, its price, its key."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from explainers.support import openai_vectors
from explainers.support.contest import UnavailableError
from tests.explainers.openai_server import Server, serving, vector

WRITTEN = "sk-zorgle-0123456789-NEVER-SHOWN"
KEY = SecretStr(WRITTEN)
TEXTS = ["a good film", "um filme bom, não?", "bad"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(openai_vectors, "_spent", 0.0)
    monkeypatch.delenv(openai_vectors.BUDGET, raising=False)
    with serving() as state:
        monkeypatch.setenv("OPENAI_BASE_URL", state.url)
        yield state


def refused(texts: list[str] = TEXTS, key: SecretStr | None = KEY, **kind: Any) -> tuple[str, dict[str, Any]]:
    """Which sentence a call gives; the key is in none of its words."""
    with pytest.raises(UnavailableError) as caught:
        openai_vectors.ask(texts, key, **kind)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.say) + repr(caught.value)
    assert "sk-" not in shown and "zorgle" not in shown
    return caught.value.say.key, dict(caught.value.say.values)


def test_the_documented_answer(server: Server) -> None:
    for mode in ("good", "shuffled"):
        server.mode = mode
        answer = openai_vectors.ask(TEXTS, KEY)
        np.testing.assert_allclose(answer.vectors, [vector(text) for text in TEXTS], atol=1e-6)
        assert answer.vectors.shape == (3, openai_vectors.DIMENSIONS)
        assert answer.tokens == 11 and answer.seconds > 0
    body = {"input": TEXTS, "model": "text-embedding-ada-002", "encoding_format": "float"}
    assert server.calls == [body, body]
    assert server.paths == ["/v1/embeddings"] * 2 and server.keys == [WRITTEN] * 2


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("401", "openai_refused"),
        ("429", "openai_limit"),
        ("500", "openai_status"),
        ("404", "openai_status"),
        ("page", "openai_broken"),
        ("cut", "openai_broken"),
        ("fewer", "openai_broken"),
        ("short", "openai_broken"),
        ("words", "openai_broken"),
        ("twice", "openai_broken"),
    ],
)
def test_each_fault_has_its_sentence_and_is_not_tried_again(mode: str, key: str, server: Server) -> None:
    server.mode = mode
    assert refused()[0] == key
    assert len(server.calls) == 1, "a call that may be paid for is not repeated by itself"
    assert openai_vectors._spent == pytest.approx(0.0)


def test_a_server_that_does_not_answer(server: Server) -> None:
    server.mode = "silent"
    assert refused(timeout=0.2) == ("openai_late", {"seconds": 0.2})
    assert len(server.calls) == 1


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as state:
        monkeypatch.setenv("OPENAI_BASE_URL", state.url)
    assert refused() == ("openai_unreachable", {})


def test_without_a_key_or_the_package_nothing_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", WRITTEN)  # the package's own way round is not taken
    assert refused(key=None) == ("openai_key", {})
    assert refused(key=SecretStr("")) == ("openai_key", {})
    for odd in (f"{WRITTEN}\n", f"{WRITTEN} x", f"{WRITTEN}é", f"“{WRITTEN}”", f"{WRITTEN}\x00"):
        assert refused(key=SecretStr(odd)) == ("openai_key_characters", {})
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    assert refused() == ("openai_package", {})
    assert not server.calls


def test_a_call_is_bounded(server: Server) -> None:
    for texts in ([], ["a", " "], ["a"] * 65, ["ã" * 15_001]):
        assert refused(texts)[0] == "openai_size"
    assert not server.calls


def test_the_price_is_a_bound_and_an_estimate() -> None:
    assert openai_vectors.dollars(1_000_000) == pytest.approx(0.10)
    assert openai_vectors.most_tokens(["bad", "não"]) == 3 + 4
    assert openai_vectors.likely_tokens(["a good film!"]) == 3
    assert openai_vectors.likely_tokens(TEXTS) < openai_vectors.most_tokens(TEXTS)


def test_a_server_spends_no_more_than_it_may(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert openai_vectors.budget() == openai_vectors.DEFAULT_BUDGET
    for odd in ("five", "", "nan", "inf"):
        monkeypatch.setenv(openai_vectors.BUDGET, odd)
        assert openai_vectors.budget() == openai_vectors.DEFAULT_BUDGET
    most = openai_vectors.dollars(openai_vectors.most_tokens(TEXTS))
    monkeypatch.setenv(openai_vectors.BUDGET, str(most * 1.01))
    openai_vectors.ask(TEXTS, KEY)
    assert openai_vectors._spent == pytest.approx(openai_vectors.dollars(11)), (
        "what was billed, not the bound"
    )
    assert refused()[0] == "openai_budget"
    assert len(server.calls) == 1


def test_the_key_is_in_no_log(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    for mode in ("good", "401", "page", "silent"):
        server.mode = mode
        if mode == "good":
            print(openai_vectors.ask(TEXTS, KEY))
        else:
            refused(timeout=0.3)
    written = caplog.text + "".join(capfd.readouterr())
    assert "embeddings" in caplog.text, "the log was listened to"
    assert WRITTEN not in written and "zorgle" not in written
