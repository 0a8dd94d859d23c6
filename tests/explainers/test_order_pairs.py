"""The order pairs: the same words in another order, opposite labels, and test patterns that never train."""

import re
import tomllib
from collections import Counter

import pytest
import torch

from explainers.support.order_pairs import (
    mixed_up,
    order_pairs,
    pair_split,
    pair_vocabulary,
    sample_rows,
    shuffled,
)
from explainers.support.reviews import data_file, tokenize

EACH = pytest.mark.parametrize("language", ["en", "pt"])


@EACH
def test_there_are_enough_pairs_from_enough_patterns(language: str) -> None:
    pairs = order_pairs(language)
    assert len(pairs) >= 300
    assert len({pair.pattern for pair in pairs}) >= 12
    assert len({pair.pattern for pair in pairs if pair.test}) >= 5
    assert sum(pair.test for pair in pairs) >= 100


@EACH
def test_both_sentences_have_the_same_words_in_another_order(language: str) -> None:
    for pair in order_pairs(language):
        positive, negative = tokenize(pair.positive), tokenize(pair.negative)
        assert Counter(positive) == Counter(negative)
        assert positive != negative
        # Nothing in the text is lost to the model: no word, no mark.
        assert " ".join(positive) == pair.positive


@EACH
def test_test_patterns_are_kept_apart_but_hold_no_new_word(language: str) -> None:
    pairs = order_pairs(language)
    by_side: dict[bool, set[str]] = {True: set(), False: set()}
    patterns: dict[bool, set[int]] = {True: set(), False: set()}
    for pair in pairs:
        by_side[pair.test] |= {pair.positive, pair.negative}
        patterns[pair.test].add(pair.pattern)
    assert not by_side[True] & by_side[False]
    assert not patterns[True] & patterns[False]
    words = {side: {token for text in texts for token in tokenize(text)} for side, texts in by_side.items()}
    assert words[True] <= words[False]


@EACH
def test_no_sentence_has_two_labels(language: str) -> None:
    pairs = order_pairs(language)
    assert not {pair.positive for pair in pairs} & {pair.negative for pair in pairs}


def test_grammar_that_a_machine_can_check() -> None:
    for pair in order_pairs("en"):
        assert not re.search(r"\ba [aeiou]", pair.positive + " | " + pair.negative)
    # All Portuguese nouns of the slots are masculine, so that every adjective agrees with every noun.
    with data_file("order_pairs.toml").open("rb") as file:
        slots = tomllib.load(file)["pt"]["slots"]
    assert not [word for words in slots.values() for word in words if word.endswith("a")]


@EACH
def test_the_split_has_both_labels_alike_and_no_unknown_word(language: str) -> None:
    for part in pair_split(language):
        assert part.labels.mean() == 0.5
        assert ((part.tokens > 0) == (part.mask() > 0)).all()
        assert int(part.tokens.max()) <= len(pair_vocabulary(language))


@EACH
def test_samples_are_one_pair_of_each_test_pattern(language: str) -> None:
    samples = sample_rows(language)
    test = pair_split(language)[1]
    first = {pair.pattern: pair for pair in reversed(order_pairs(language)) if pair.test}
    texts = [text for _, pair in sorted(first.items()) for text in (pair.positive, pair.negative)]
    assert list(samples.values()) == texts
    for i, (row, text) in enumerate(samples.items()):
        known = pair_vocabulary(language)
        tokens = test.tokens[row, : int(test.lengths[row])].tolist()
        assert tokens == [known[token] for token in tokenize(text)]
        assert test.labels[row] == 1 - i % 2


def test_shuffling_keeps_the_words_and_always_changes_their_order() -> None:
    for text in ("looks good but is bad", "a b", "very very good", "a " * 140 + "b"):
        tokens = tokenize(text)
        for number in range(1, 21):
            mixed = shuffled(tokens, number)
            assert Counter(mixed) == Counter(tokens)
            assert mixed != tokens
            assert mixed == shuffled(tokens, number)
    assert shuffled(["so", "so"], 3) == ["so", "so"]
    assert shuffled(["one"], 3) == ["one"]


def test_mixed_up_sentences_keep_their_words_labels_and_padding() -> None:
    test = pair_split("en")[1]
    mixed = mixed_up(test)
    assert torch.equal(mixed.tokens.sort(dim=1).values, test.tokens.sort(dim=1).values)
    assert torch.equal(mixed.labels, test.labels)
    assert torch.equal(mixed.tokens > 0, test.tokens > 0)
    assert not torch.equal(mixed.tokens, test.tokens)
