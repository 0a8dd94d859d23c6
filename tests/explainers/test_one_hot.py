"""What the page on one-hot teaches, on eight seeds that nobody picked."""

from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import one_hot as page
from explainers.one_hot import OnEmbedding, OnNumbers, Reading, Training, View, mean_one_hot
from explainers.support.contract import Checkpoint, Label
from explainers.support.init import seeded
from explainers.support.one_hot_rows import one_hot_rows
from explainers.support.reviews import corpus_tokens, review_split, vocabulary, words_by_frequency

SEEDS = range(201, 208)
UNKNOWN_WORDS = "the zorgle is a wonderful flump"


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def read(text: str = View().text, **settings: Any) -> Reading:
    return page.read(run(**settings)[-1], View(text=text))


def said(reading: Reading) -> list[str]:
    return [say.key for say in page.see(run()[-1], reading)]


# -- the maths ---------------------------------------------------------------------------------------------


def test_a_row_has_one_one_in_the_column_of_its_id() -> None:
    rows = one_hot_rows([3, 1, 5], V=5)
    assert rows.tolist() == [[0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert not one_hot_rows([0], V=5).any()
    torch_rows = nn.functional.one_hot(torch.tensor([3, 1, 5]) - 1, num_classes=5)
    assert (torch_rows.numpy() == rows).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_one_hot_times_w_picks_a_row_exactly(seed: int) -> None:
    table = seeded(nn.Embedding(101, 4, padding_idx=0), torch.Generator().manual_seed(seed)).weight.detach()
    ids = torch.randint(101, (50,), generator=torch.Generator().manual_seed(seed + 1))
    product = torch.tensor(one_hot_rows(ids.tolist(), 100)) @ table[1:]
    assert torch.equal(product, nn.functional.embedding(ids, table))


@pytest.mark.parametrize("text", ["", "zorgle", View().text, UNKNOWN_WORDS, "a " * 140])
def test_the_reading_measures_that_the_two_are_equal(text: str) -> None:
    assert read(text).difference == 0.0


def test_the_mean_of_rows_is_added_up_without_the_table() -> None:
    _, test = review_split(200)
    few = test.pick(torch.arange(20))
    for tokens, length, mean in zip(few.tokens, few.lengths, mean_one_hot(few, 200), strict=True):
        rows = one_hot_rows(tokens[:length].tolist(), 200)
        np.testing.assert_allclose(mean.numpy(), rows.sum(axis=0) / int(length), rtol=0, atol=1e-6)


def test_the_embedding_is_the_one_hot_classifier_with_w_between() -> None:
    """The same maths: mean(one-hot) · W · w + b, for the trained weights."""
    weights = run()[-1].state("embedding")
    model = OnEmbedding(20_800, 4)
    model.load_state_dict(weights)
    folded = OnNumbers(20_800)
    with torch.no_grad():
        folded.score.weight.copy_((weights["embed.weight"][1:] @ weights["score.weight"][0])[None])
        folded.score.bias.copy_(weights["score.bias"])
    _, test = review_split(20_800)
    with torch.no_grad():
        torch.testing.assert_close(model(test), folded(mean_one_hot(test, 20_800)), rtol=0, atol=1e-5)


def test_shapes() -> None:
    shapes = {name: value.shape for name, value in run(vocabulary=100, dim=3, steps=24)[-1].weights.items()}
    assert shapes["ids.score.weight"] == (1, 1)
    assert shapes["one_hot.score.weight"] == (1, 100)
    assert shapes["embedding.embed.weight"] == (101, 3)
    reading = read(UNKNOWN_WORDS, vocabulary=100, dim=3, steps=24)
    assert np.shape(reading.vectors) == (6, 3)
    assert reading.vectors[1] == [0, 0, 0], "an unknown word is a row of zeros"


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [View().text, UNKNOWN_WORDS, "good out great , bad !", "a b c d e f g h i j k"]
)
def test_every_two_words_are_the_root_of_two_apart_and_at_right_angles(text: str) -> None:
    reading = read(text)
    others = ~np.eye(len(reading.distances), dtype=bool)
    assert others.any()
    np.testing.assert_allclose(np.array(reading.distances)[others], sqrt(2), rtol=0, atol=1e-6)
    assert not np.array(reading.cosines)[others].any()
    numbers = page.headline(run()[-1], reading)
    assert numbers["distance_min"] == numbers["distance_max"] == pytest.approx(sqrt(2), abs=1e-6)


def test_what_is_not_there_is_no_number() -> None:
    """Not 0: no two rows are 0 apart."""
    for text, words in (("", 0), ("good zorgle", 1)):
        numbers = page.headline(run()[-1], read(text))
        assert np.isnan([numbers["distance_min"], numbers["distance_max"]]).all(), words
        assert np.isnan(numbers["zero_share"]) == (not words)


def test_the_ids_are_places_in_a_list_and_nothing_more() -> None:
    ids = vocabulary(20_800)
    assert (ids["good"], ids["out"], ids["great"]) == (43, 44, 71), "the question names these"
    assert len(words_by_frequency()) == 20_800
    assert corpus_tokens() == 290_774


@pytest.mark.parametrize("seed", SEEDS)
def test_ids_stay_near_chance_and_the_others_do_not(seed: int) -> None:
    numbers = run(seed=seed)[-1].numbers
    assert numbers["accuracy_ids"] < numbers["chance"] + 0.03
    assert numbers["accuracy_one_hot"] > numbers["chance"] + 0.2
    assert numbers["accuracy_embedding"] > numbers["chance"] + 0.2
    for name in ("one_hot", "embedding"):
        assert numbers[f"loss_{name}"] < run(seed=seed)[0].numbers[f"loss_{name}"] - 0.1
    reading = read(seed=seed)
    assert [say.key for say in page.see(run(seed=seed)[-1], reading)] == ["zeros", "sum", "trained"]


def test_chance_is_the_share_of_the_larger_class() -> None:
    _, test = review_split(20_800)
    positive = float(test.labels.mean())
    assert max(positive, 1 - positive) == run()[-1].numbers["chance"]


def test_the_zeros_are_counted() -> None:
    numbers = page.headline(run()[-1], read(UNKNOWN_WORDS))
    cells = 6 * 20_800
    assert numbers["zero_share"] == pytest.approx(1 - 4 / cells)
    say = page.see(run()[-1], read(UNKNOWN_WORDS))[0]
    assert (say.key, say.values["share"]) == ("zeros", numbers["zero_share"])
    assert numbers["megabytes_text"] == pytest.approx(cells * 4 / 1e6)
    assert numbers["megabytes_corpus"] == pytest.approx(290_774 * 20_800 * 4 / 1e6)
    assert read().megabytes["corpus_ids"] == pytest.approx(290_774 * 8 / 1e6)


# -- what breaks it ----------------------------------------------------------------------------------------


def test_with_100_words_less_is_known() -> None:
    for seed in SEEDS[:3]:
        few, all_ = run(vocabulary=100, seed=seed)[-1].numbers, run(seed=seed)[-1].numbers
        for name in ("one_hot", "embedding"):
            assert few[f"accuracy_{name}"] < all_[f"accuracy_{name}"] - 0.08
            assert few[f"accuracy_{name}"] > few["chance"] + 0.08
    assert sum(i == 0 for i in read(vocabulary=100, seed=201).ids) >= 2


def test_an_unknown_word_has_no_column() -> None:
    text = "the zorgle is a wonderful surprise"
    assert page.BREAKS["unknown_word"] == {"text": text}
    reading = read(text)
    assert reading.ones == len(reading.ids) - 1
    assert "unknown" in said(reading)


def test_after_few_steps_the_page_says_that_nothing_is_learnt_yet() -> None:
    checkpoints = run(seed=201)
    early = page.read(checkpoints[0], View())
    assert page.see(checkpoints[0], early)[-1].key == "not_yet"


# -- what the page says and shows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["empty"]),
        ("😀", ["empty"]),
        ("zorgle", ["zeros", "unknown", "trained"]),
        ("good", ["zeros", "trained"]),
        ("good good", ["zeros", "trained"]),
        ("good out", ["zeros", "sum", "trained"]),
        ("a " * 9, ["zeros", "trained", "shortened"]),
    ],
)
def test_it_says_what_was_measured(text: str, keys: list[str]) -> None:
    assert said(read(text)) == keys


def test_the_formula_is_about_a_word_that_has_a_row() -> None:
    table = run()[-1].weights["embedding.embed.weight"]
    for text in ("zorgle good", "good zorgle"):
        numbers = page.formula(read(text))
        assert numbers["i"] == 43
        assert numbers["first"] == table[43, 0]
    for text in ("", "zorgle"):
        assert not page.formula(read(text))


def test_the_sum_of_two_ids_is_some_other_word() -> None:
    say = next(say for say in page.see(run()[-1], read("good out")) if say.key == "sum")
    assert say.values["sum"] == 43 + 44
    assert vocabulary(20_800)[say.values["word"]] == 87


@pytest.mark.parametrize("text", ["", "zorgle", View().text, UNKNOWN_WORDS, "a good , bad " * 9])
def test_the_numbers_of_the_pictures_stand_in_the_reading(text: str) -> None:
    readings = [page.read(checkpoint, View(text=text)) for checkpoint in run()]
    last = readings[-1]
    table = page.picture_table(readings)
    T = min(page.SHOWN, len(last.ids))
    title = next(grid.title for grid in table.grids if grid.name == "vectors")
    assert isinstance(title, Label)
    assert title.values == {"d": run()[-1].weights["embedding.embed.weight"].shape[1]}
    for frame, reading in zip(table.frames, readings, strict=True):
        assert frame["vectors"] == reading.vectors[:T]
        assert frame["ids"] == [[i] for i in last.ids[:T]]
        assert [sum(cell == 1 for cell in row) for row in frame["one_hot"]] == [
            int(i > 0) for i in last.ids[:T]
        ]
    columns = next(grid.columns for grid in table.grids if grid.name == "one_hot")
    for row, i in zip(table.frames[-1]["one_hot"], last.ids[:T], strict=True):
        assert [name for name, cell in zip(columns, row, strict=True) if cell == 1] == [str(i)] * (i > 0)
    shown = page.picture_distances(readings).frames[-1]
    for name, values in (("by_row", last.distances), ("cosine", last.cosines), ("by_id", last.distances_ids)):
        assert shown[name] == [row[: page.PAIRED] for row in values[: page.PAIRED]]
    memory = page.picture_memory(readings).frames[-1][0]["x"]
    assert sorted(memory) == sorted(size * 1e6 for size in last.megabytes.values())
    lines = {
        str(trace["name"]): trace for trace in page.picture_accuracy(readings).frames[-1] if "line" in trace
    }
    for name in page.MODELS:
        assert lines[f"series.{name}"]["y"] == [reading.numbers[f"accuracy_{name}"] for reading in readings]
