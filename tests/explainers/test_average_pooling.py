"""A mean has no order: what the page on average pooling claims, measured."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from explainers import average_pooling as page
from explainers.support.contract import Checkpoint
from explainers.support.order_pictures import SHOWN
from explainers.support.pictures import Diagram
from explainers.support.reviews import pack

TEXTS = ("looks good but is bad", "the knight beats the dragon in the film", "not good , bad")
SEEDS = range(201, 208)  # not those that sizes and rates were chosen on
FEW = 0.07  # "a few points" of accuracy


@cache
def run(language: str, seed: int) -> tuple[Checkpoint, ...]:
    return tuple(page.train(page.Training(language=language, seed=seed)))


@cache
def last(pooling: str = "mean") -> Checkpoint:
    """A short run: what shuffling does to a mean, it does after any training."""
    return list(page.train(page.Training(pooling=pooling, steps=24)))[-1]


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_claim_on_seeds_that_nobody_chose(language: str) -> None:
    learnt, not_behind = 0, 0
    for seed in SEEDS:
        numbers = run(language, seed)[-1].numbers
        # By construction, at every step: both sentences of a pair have the same mean.
        assert {c.numbers["accuracy_pooled_pairs"] for c in run(language, seed)} == {0.5}
        learnt += numbers["accuracy_recurrent_pairs"] >= page.LEARNT
        not_behind += numbers["accuracy_pooled_reviews"] > numbers["accuracy_recurrent_reviews"] - page.CLOSE
        # The recurrent model lives on order where order is the message, and hardly elsewhere.
        assert abs(numbers["mixed_recurrent_pairs"] - 0.5) < 0.1
        assert numbers["mixed_recurrent_reviews"] > numbers["chance_reviews"] + 0.1
        assert abs(numbers["accuracy_pooled_reviews"] - numbers["accuracy_recurrent_reviews"]) < FEW
        assert numbers["accuracy_recurrent_reviews"] - numbers["mixed_recurrent_reviews"] < FEW
    assert learnt >= 7
    assert not_behind >= 7


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_what_everybody_sees_first_shows_the_claim(language: str) -> None:
    checkpoint = run(language, page.Training().seed)[-1]
    said = [say.key for say in page.see(checkpoint, page.read(checkpoint, page.View()))]
    assert said[:2] == ["typed", "pairs"]
    assert said[2] in ("reviews_same", "reviews_pooled") and said[3] == "by_words"


def test_both_models_start_from_the_same_vectors_and_are_of_like_size() -> None:
    start = run("en", SEEDS[0])[0]
    for corpus in ("pairs", "reviews"):
        pooled, recurrent = (start.weights[f"{kind}_{corpus}.embed.weight"] for kind in page.KINDS)
        assert np.array_equal(pooled, recurrent)
    counts = start.parameters()
    # The GRU's own weights are all the difference: 3 · (d·d + d·d + d + d).
    assert counts["recurrent_pairs"] - counts["pooled_pairs"] == 3 * (2 * 9 + 2 * 3)
    assert counts["recurrent_reviews"] - counts["pooled_reviews"] == 3 * (2 * 9 + 2 * 3)


@pytest.mark.parametrize("pooling", page.POOLINGS)
def test_shuffling_leaves_the_pooled_logit_and_moves_the_recurrent_one(pooling: str) -> None:
    checkpoint = last(pooling)
    for text in TEXTS:
        for number in (1, 2, 3):
            reading = page.read(checkpoint, page.View(text=text, shuffle=number))
            unmoved = page.read(checkpoint, page.View(text=text)).pooled
            np.testing.assert_allclose(reading.pooled, unmoved, rtol=0, atol=1e-5)
            typed, other = reading.logits["pooled"]
            assert abs(typed - other) < (1e-30 if pooling == "max" else 1e-5)
            typed, other = reading.logits["recurrent"]
            assert abs(typed - other) > 1e-4


def test_the_default_text_turns_round_in_the_first_order() -> None:
    for language, text, turned in (
        ("en", "looks good but is bad", "looks bad but is good"),
        ("pt", "parece bom mas é ruim", "parece ruim mas é bom"),
    ):
        right = 0
        for seed in SEEDS:
            reading = page.read(run(language, seed)[-1], page.View(text=text, shuffle=1))
            assert " ".join(reading.tokens) == turned
            typed, other = reading.shares["recurrent"]
            right += typed < 0.5 < other
        assert right >= 7


@pytest.mark.parametrize("pooling", page.POOLINGS)
def test_pooling_by_hand_equals_torch_and_ignores_padding(pooling: str) -> None:
    model = page.Pooled(10, 4, pooling)
    texts = [[1, 2, 3], [4], [5, 6, 7, 8, 9]]
    table = model.embed.weight.detach().numpy()
    by_hand = [getattr(table[ids], pooling)(axis=0) for ids in texts]
    np.testing.assert_allclose(model.pool(pack(texts, [0.0] * 3)).detach().numpy(), by_hand, atol=1e-6)


@pytest.mark.parametrize("pooling", page.POOLINGS)
@pytest.mark.parametrize("corpus", ["pairs", "reviews"])
def test_what_is_read_of_all_checkpoints_at_once_is_what_each_torch_model_says(
    pooling: str, corpus: str
) -> None:
    checkpoints = list(page.train(page.Training(pooling=pooling, steps=24)))[::8]
    for text in (*TEXTS, "", "zorgle", "good " * 40):
        view = page.View(text=text, shuffle=2, trained_on=corpus)
        readings = page.read_all(checkpoints, view)
        for checkpoint, reading in zip(checkpoints, readings, strict=True):
            assert reading.step == checkpoint.step
            rows, d = checkpoint.weights[f"pooled_{corpus}.embed.weight"].shape
            pooled, recurrent = page.Pooled(rows, d, pooling), page.Recurrent(rows, d)
            pooled.load_state_dict(checkpoint.state(f"pooled_{corpus}"))
            recurrent.load_state_dict(checkpoint.state(f"recurrent_{corpus}"))
            batch = page.in_two_orders(text, 2, corpus, "en")[2]
            with torch.no_grad():
                made: dict[str, tuple[torch.Tensor, Any]] = {
                    "pooled": (pooled(batch), reading.logits["pooled"]),
                    "recurrent": (recurrent(batch), reading.logits["recurrent"]),
                    "vector": (pooled.embed(batch.tokens[1]), reading.columns["vector"]),
                    "state": (recurrent.states(batch)[1], reading.columns["state"]),
                    "pool": (pooled.pool(batch)[1], reading.pooled),
                }
            for name, (theirs, ours) in made.items():
                np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-6, err_msg=name)


def test_the_recurrent_answer_is_read_off_the_last_state() -> None:
    score = {name: last().weights[f"recurrent_pairs.score.{name}"] for name in ("weight", "bias")}
    for text in (*TEXTS, "good " * 40):
        for shuffle in (0, 3):
            reading = page.read(last(), page.View(text=text, shuffle=shuffle))
            states = reading.columns["state"]
            assert states.shape == (len(reading.tokens), 3)
            by_hand = score["weight"][0] @ states[-1] + score["bias"][0]
            assert by_hand == pytest.approx(reading.logits["recurrent"][int(shuffle > 0)], abs=1e-6)


def test_another_last_word_leaves_the_states_before_it() -> None:
    one, two = (page.read(last(), page.View(text=f"looks good but is {word}")) for word in ("bad", "good"))
    np.testing.assert_allclose(one.columns["state"][:-1], two.columns["state"][:-1], rtol=0, atol=1e-6)
    assert np.abs(one.columns["state"][-1] - two.columns["state"][-1]).max() > 1e-3


@pytest.mark.parametrize("language", page.LANGUAGES)
@pytest.mark.parametrize("dim", [3, 8])
def test_so_early_the_recurrent_model_knows_little(language: str, dim: int) -> None:
    assert page.BREAKS["untrained"] == {"steps": 24}
    short = list(page.train(page.Training(language=language, dim=dim, steps=24)))[-1].numbers
    assert short["accuracy_recurrent_pairs"] < (0.65 if dim == 3 else page.LEARNT)


def test_what_the_picture_shows_is_what_was_read() -> None:
    readings = [page.read(c, page.View(shuffle=1)) for c in run("en", SEEDS[0])]
    picture = page.picture_pooling(readings)
    assert isinstance(picture, Diagram)
    frame = picture.frames[-1]
    columns = [np.array(frame[f"vector{t}"])[:, 0] for t in range(5)]
    np.testing.assert_allclose(np.mean(columns, axis=0), np.array(frame["pooled"])[:, 0], atol=1e-6)
    for kind in page.KINDS:
        logits, shares = (np.array(frame[f"{name}_{kind}"])[:, 0] for name in ("logit", "score"))
        np.testing.assert_allclose(shares, torch.tensor(logits).sigmoid().numpy(), atol=1e-6)
        assert shares.tolist() == pytest.approx(readings[-1].shares[kind])
    assert [grid.title for grid in picture.grids if grid.name.startswith("vector")] == readings[-1].tokens


def test_a_long_text_is_read_whole_and_shown_from_its_end() -> None:
    view = page.View(text="the film was good " * 10)
    reading = page.read(last(), view)
    picture = page.picture_pooling([reading])
    shown = [grid.name for grid in picture.grids if grid.name.startswith("vector")]
    assert shown == [f"vector{t}" for t in range(40 - SHOWN, 40)]
    assert len(reading.tokens) == 40
    assert any(say.key == "shortened" for say in page.see(last(), reading))


@pytest.mark.parametrize("text", ["good", "good good", "zorgle flump"])
def test_a_text_without_another_order_is_said_to_have_none(text: str) -> None:
    """Unknown words are one word to the models."""
    said = [say.key for say in page.see(last(), page.read(last(), page.View(text=text, shuffle=3)))]
    assert said[0] == "no_order" and not {"exact", "rounding", "moved", "turned"} & set(said)


def test_the_largest_number_is_not_rounded() -> None:
    made = replace(last(), numbers={**last().numbers, "pooling": float(page.POOLINGS.index("max"))})
    assert page.see(made, page.read(made, page.View(shuffle=1)))[0].key == "exact_max"


def test_what_is_said_follows_what_was_measured() -> None:
    checkpoint = run("en", SEEDS[0])[-1]

    def keys(**numbers: float) -> list[str]:
        made = Checkpoint(checkpoint.step, checkpoint.of, checkpoint.numbers | numbers, checkpoint.weights)
        return [say.key for say in page.see(made, page.read(made, page.View(shuffle=1)))]

    assert keys(accuracy_recurrent_pairs=0.9)[2] == "pairs"
    assert keys(accuracy_recurrent_pairs=0.6)[2] == "pairs_not"
    words, order = {"mixed_recurrent_reviews": 0.69}, {"mixed_recurrent_reviews": 0.56}
    same = {"accuracy_pooled_reviews": 0.8, "accuracy_recurrent_reviews": 0.79}
    assert keys(**same, **words)[3:5] == ["reviews_same", "by_words"]
    pooled = {"accuracy_pooled_reviews": 0.8, "accuracy_recurrent_reviews": 0.7}
    assert keys(**pooled, **words)[3:5] == ["reviews_pooled", "by_words"]
    assert keys(**pooled, **order)[3:5] == ["reviews_pooled", "by_order"]
    behind = {"accuracy_pooled_reviews": 0.7, "accuracy_recurrent_reviews": 0.8}
    assert keys(**behind, mixed_recurrent_reviews=0.76)[3] == "reviews_recurrent"
    assert keys(**behind, mixed_recurrent_reviews=0.81)[3] == "reviews_words", "it owes nothing to the order"
    assert keys(accuracy_pooled_reviews=0.7, accuracy_recurrent_reviews=0.55)[3] == "reviews_not"
    assert [s.key for s in page.see(checkpoint, page.read(checkpoint, page.View(text="")))] == ["empty"]
    said = page.see(checkpoint, page.read(checkpoint, page.View(text="the zorgle is good")))
    assert next(say for say in said if say.key == "unknown").values["word"] == "zorgle"
