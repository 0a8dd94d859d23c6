"""Sentences around words with two senses: what decides the sense stands before the word or after it."""

from collections import Counter

import pytest
import torch

from explainers.support.bidirectional_sentences import (
    END,
    Example,
    examples,
    hide_words,
    sense_data,
    sense_split,
    sense_vocabulary,
    senses,
)

EACH = pytest.mark.parametrize("language", ["en", "pt"])


def text(one: Example) -> str:
    return " ".join(one.tokens)


@EACH
def test_there_are_enough_words_cues_and_patterns(language: str) -> None:
    data = sense_data(language)
    assert len(senses(language)) >= 10
    for word in data["word"]:
        assert len(set(word["senses"])) == 2
        assert [len(set(cues)) for cues in word["cues"]] == [4, 4]
    after = [p["text"].index("{w}") < p["text"].index("{c}") for p in data["pattern"]]
    test = [bool(p.get("test")) for p in data["pattern"]]
    count = Counter(zip(after, test, strict=True))
    assert count[True, False] >= 20 and count[False, False] >= 20
    assert count[True, True] == count[False, True] == 4


@EACH
def test_a_cue_belongs_to_one_word_and_one_sense(language: str) -> None:
    cues = [cue for word in sense_data(language)["word"] for of in word["cues"] for cue in of]
    assert len(cues) == len(set(cues))
    assert not {cue.split()[-1] for cue in cues} & set(senses(language))


@EACH
def test_up_to_the_word_both_senses_read_the_same(language: str) -> None:
    """So that nobody who has read no further can be right more than half the time."""
    for part in (True, False):
        seen: dict[tuple[int, str], Counter[int]] = {}
        for one in examples(language):
            if one.test is part and one.cue > one.at:
                start = " ".join(one.tokens[: one.at + 1])
                seen.setdefault((one.pattern, start), Counter())[one.sense] += 1
        assert seen and all(count[0] == count[1] for count in seen.values())


@EACH
@pytest.mark.parametrize("distance", [0, 2, 16])
def test_as_many_words_as_asked_for_stand_between(language: str, distance: int) -> None:
    near, far = examples(language), examples(language, distance)
    for one, other in zip(near, far, strict=True):
        assert abs(other.at - other.cue) == abs(one.at - one.cue) + distance
        assert other.tokens[other.at] == one.tokens[one.at]
        assert other.tokens[other.cue] == one.tokens[one.cue]


@EACH
def test_test_patterns_are_kept_apart_but_hold_no_new_word(language: str) -> None:
    found = examples(language)
    apart = {side: {text(one) for one in found if one.test is side} for side in (False, True)}
    assert not apart[True] & apart[False]
    words = {side: {word for one in texts for word in one.split()} for side, texts in apart.items()}
    assert words[True] <= words[False]


def test_portuguese_prepositions_take_the_article_in() -> None:
    texts = [text(one) for one in examples("pt")]
    assert "eu vi o banco perto da praça" in texts
    assert not [one for one in texts if " de o " in f" {one} " or " de a " in f" {one} "]


def test_english_articles_fit() -> None:
    assert not [one for one in examples("en") for a, b in zip(one.tokens, one.tokens[1:], strict=False)
                if a == "a" and b[0] in "aeiou"]  # fmt: skip


@EACH
def test_the_split_is_balanced_and_asks_for_the_next_word(language: str) -> None:
    ids = sense_vocabulary(language)
    for part in sense_split(language, 0):
        assert part.labels[part.after].mean() == part.labels[~part.after].mean() == 0.5
        assert int(part.tokens.max()) <= len(ids)
        assert ((part.tokens > 0) == part.mask()).all()
        assert (part.tokens[:, 1:] == part.following[:, :-1] * part.mask()[:, 1:]).all()
        last = part.following[torch.arange(len(part.lengths)), part.lengths - 1]
        assert (last == ids[END]).all()
        assert {int(i) for i in part.tokens[torch.arange(len(part.at)), part.at]} == {
            ids[word] for word in senses(language)
        }


def test_hidden_are_other_words_than_the_two_that_matter() -> None:
    learn = sense_split("en", 0)[0]
    hidden = hide_words(learn, torch.Generator().manual_seed(1))
    rows = torch.arange(len(learn.at))
    for place in (learn.at, learn.cue):
        assert torch.equal(hidden.tokens[rows, place], learn.tokens[rows, place])
    gone = (hidden.tokens != learn.tokens)[learn.mask()].float().mean()
    assert 0.18 < gone < 0.28
    assert torch.equal(hidden.lengths, learn.lengths) and torch.equal(hidden.following, learn.following)
