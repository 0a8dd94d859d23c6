"""What the page on BERT teaches: each occurrence its own vector, and what is learnt on top of them."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from explainers import bert as page
from explainers.bert import Training, View
from explainers.support import bert_learning as learning
from explainers.support.bert_model import load_encoder
from explainers.support.bert_reading import PART, Reading, cosine, encoded, head_of, look, place_of
from explainers.support.bert_says import see_learning
from explainers.support.contract import Checkpoint
from explainers.support.glove_vectors import load as load_glove
from ui.locale import LANGUAGES, Words

FEW = {"sentences": 60, "steps": 24}
SEEDS = (101, 102, 103)
PAIRS = [
    ("he sat on the river bank", "she opened a bank account", "bank"),
    ("turn on the light", "the bag was light", "light"),
    ("a bat flew out of the cave", "he swung the bat and hit the ball", "bat"),
    ("they live in a cave near the spring", "i met her in the spring", "spring"),
    ("the seal swam to the ice", "the seal on the letter was broken", "seal"),
]


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**(FEW | settings))))


def read(**view: Any) -> Reading:
    return page.read(run()[-1], View(**view))


def said(**view: Any) -> dict[str, Any]:
    return {say.key: say.values for say in page.see(run()[-1], read(**view))}


# -- one word, two sentences -------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second", "word"), PAIRS)
def test_glove_says_one_exactly_and_minilm_less(first: str, second: str, word: str) -> None:
    seen = read(first=first, second=second, word=word).look
    assert seen.static == 1.0
    assert seen.similarities.shape == (7,)
    assert seen.similarities[-1] < seen.similarities[0] <= 1 + 1e-9
    assert 0.5 < seen.similarities[-1] < 0.95


def test_the_vectors_are_the_means_of_the_words_pieces() -> None:
    seen, encoder = read(word="banco", first="o banco da praça", second="um banco").look, load_encoder()
    hidden = encoder.encode("o banco da praça").hidden
    assert seen.sides[0].pieces[1:-1] == ["o", "banco", "da", "pr", "##aca"]
    np.testing.assert_array_equal(seen.sides[0].vectors, hidden[:, 2].numpy())
    other = read(word="praça", first="o banco da praça", second="a praça").look
    assert other.sides[0].at == [4, 5]
    np.testing.assert_allclose(other.sides[0].vectors, hidden[:, 4:6].mean(dim=1).numpy(), atol=1e-6)


def test_the_same_sentence_gives_the_same_vector() -> None:
    seen = read(second=View().first).look
    np.testing.assert_allclose(seen.similarities, 1, atol=1e-12)
    assert "word_same" in said(second=View().first)


def test_cosine_is_torchs_and_one_of_a_vector_with_itself() -> None:
    a, b = torch.randn(2, 384, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = torch.nn.functional.cosine_similarity(a, b, dim=0)
    assert cosine(a.numpy(), b.numpy()) == pytest.approx(float(expected), abs=1e-12)
    glove = load_glove()
    for word in ("bank", "the", "light"):
        vector = glove.vector(word)
        assert vector is not None and cosine(vector, vector) == 1.0
    assert cosine(np.zeros(3), np.ones(3)) == 0.0


def test_another_meaning_counts_but_so_does_any_other_word() -> None:
    """The page's caution: sentences that mean the same part the vectors, too."""
    numbers = run()[-1].numbers
    assert numbers["en_other_6"] < numbers["en_same_6"] < 1
    assert numbers["en_same_6"] - numbers["en_other_6"] < 1 - numbers["en_same_6"]
    assert numbers["pt_pieces"] > 1.5 * numbers["en_pieces"]
    assert abs(numbers["pt_other_6"] - numbers["pt_same_6"]) < 0.01
    assert numbers["en_same_0"] > 0.999  # the word and its place are the same
    away = read(**page.BREAKS["same_meaning"]).look.similarities[-1]
    assert abs(away - read().look.similarities[-1]) < 0.05


def test_breaks_break() -> None:
    assert read(**page.BREAKS["order"]).look.sentences > 0.95
    assert read(**page.BREAKS["negation"]).look.sentences > 0.8
    assert "answers" in said(**page.BREAKS["negation"]) and "answers" not in said()
    english, portuguese = read().look, read(**page.BREAKS["portuguese"]).look
    assert portuguese.similarities[-1] > 0.9 > english.similarities[-1]
    assert max(len(one.pieces) - len(one.text.split()) - 2 for one in portuguese.sides) >= 2


# -- attention ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["he sat on the river bank", "O filme não foi chato.", "", "😀 " * 70])
def test_every_row_of_attention_sums_to_one(text: str) -> None:
    weights = encoded(text).attentions
    np.testing.assert_allclose(weights.sum(dim=-1).numpy(), 1, atol=1e-5)
    assert read(first=text).look.sum_error < 1e-5


def silent(text: str, layer: int, number: int) -> Tensor:
    """The last vectors with the columns of the output matrix that take this head in set to 0."""
    encoder = load_encoder()
    x, absent = encoder.encode(text).hidden[:1], torch.zeros(1, len(encoder.encode(text).pieces)).bool()
    with torch.no_grad():
        for i in range(1, 7):
            block = encoder.layer(i)
            if i == layer:
                block.attention.out.weight[:, (number - 1) * 32 : number * 32] = 0
            x, _ = block(x, absent)
    return x[0]


@pytest.mark.parametrize(("layer", "number"), [(1, 3), (3, 1), (6, 8), (6, 12)])
def test_a_silent_head_is_one_that_the_output_matrix_ignores(layer: int, number: int) -> None:
    text = "he sat on the river bank"
    head = head_of(text, 6, layer, number)
    expected = 1 - cosine(silent(text, layer, number)[6].numpy(), encoded(text).hidden[-1, 6].numpy())
    assert head.without == pytest.approx(expected, abs=1e-6)
    powers = np.exp(head.scores)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), head.weights, atol=1e-5)


def test_nearly_all_attention_and_nearly_no_effect() -> None:
    head = read().look.head
    assert head.pieces[head.asks] == "bank"
    assert head.pieces[int(head.weights[head.asks].argmax())] == "river"
    assert head.weights[head.asks].max() > 0.99
    assert 0 < head.without < 0.01
    assert "head_hardly" in said()


# -- the edit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("new", "at"), [("money", 5), ("she", 1), ("internationalization", 3), ("x", 12)])
def test_an_edit_moves_its_own_vector_first_and_then_all(new: str, at: int) -> None:
    edit = read(edit=new, at=at).look.edit
    same_pieces = len(load_encoder().pieces(new)) == 1
    assert edit.moved.shape == (7, 8)
    if same_pieces:
        assert np.flatnonzero(edit.moved[0]).tolist() == [edit.at]
    else:  # what follows stands in another place
        assert not edit.moved[0, : edit.at].any()
    assert (edit.moved[1:] > 0).all()
    assert edit.moved[-1].argmax() == edit.at


@pytest.mark.parametrize(("new", "key"), [("", "edit_none"), ("River", "edit_same"), ("\x00", "edit_none")])
def test_an_edit_that_changes_nothing_says_so(new: str, key: str) -> None:
    assert key in said(edit=new)


# -- what a visitor may type -------------------------------------------------------------------------------


def test_whole_words_only() -> None:
    assert place_of("bank", "the banks and the Bank") == (18, 22)
    assert place_of("bank", "banker") is None
    assert place_of(" ", "a b") is None
    assert PART.findall("don't, ação_1") == ["don", "'", "t", ",", "ação", "_", "1"]


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ({"word": ""}, "no_word"),
        ({"word": "zorgle"}, "missing_both"),
        ({"word": "river"}, "missing_2"),
        ({"word": "account"}, "missing_1"),
        ({"first": ""}, "missing_1"),
        ({"first": "the 😀 bank", "second": "😀", "word": "😀"}, "not_in_glove"),
        ({"first": "مرحبا بالعالم", "second": "مرحبا", "word": "مرحبا"}, "word"),
        ({"first": "bank " * 32, "second": "bank"}, "shortened"),
        ({"first": "\x00\x07\x1b[31m bank"}, "word"),
        ({"word": "a(b["}, "missing_both"),
    ],
)
def test_odd_words_get_one_clear_sentence(view: dict[str, Any], key: str) -> None:
    sentences = said(**view)
    assert key in sentences
    for language in LANGUAGES:
        words = Words(language, "bert")
        assert words.fill(words.page["see"][key], sentences[key])
    values = page.formula(read(**view))
    assert bool(values) is not key.startswith(("no_word", "missing"))
    if values:
        assert values["cosine"] == pytest.approx(values["dot"] / (values["a"] * values["b"]), abs=1e-6)


# -- learning ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_frozen_vectors_beat_nothing_from_few_sentences(seed: int) -> None:
    numbers = run(seed=seed)[-1].numbers
    assert numbers["accuracy_frozen"] > numbers["accuracy_scratch"] + 0.05
    assert numbers["accuracy_tuned"] > numbers["accuracy_scratch"] + 0.05
    assert run(seed=seed)[-1].numbers["loss_frozen"] < run(seed=seed)[0].numbers["loss_frozen"]


def test_all_start_alike_and_only_the_tuned_layer_changes() -> None:
    before = {name: value.clone() for name, value in load_encoder().bert.state_dict().items()}
    first, last = list(page.train(Training(**FEW, seed=9)))[::24]
    for name, value in load_encoder().bert.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert np.array_equal(first.weights["frozen.weight"], first.weights["tuned.score.weight"])
    assert first.numbers["accuracy_tuned"] == pytest.approx(first.numbers["accuracy_frozen"])
    tuned = {k: v for k, v in last.arrays("tuned").items() if k.startswith("layer.")}
    for name, value in tuned.items():
        # All keys shifted alike change no weight: softmax does not see it, and no gradient arrives.
        assert "key.bias" in name or (value != before[f"layers.5.{name[6:]}"].numpy()).any(), name


def test_the_last_checkpoint_rebuilds_all_models() -> None:
    last = run()[-1]
    models = learning.models_of(torch.Generator().manual_seed(0))
    for name, model in models.items():
        model.load_state_dict(last.state(name))
    again = learning.measured(models, tuned=True)
    assert {k: last.numbers[k] for k in again} == pytest.approx(again)
    assert last.parameters()["frozen"] == 385
    assert sum(v.nbytes for c in run() for v in c.weights.values()) < 15e6  # all checkpoints together


def test_the_sizes_of_the_sets() -> None:
    training, test = learning.short_reviews()
    assert len(test) == learning.TEST
    assert not {" ".join(words) for _, words in training} & {" ".join(words) for _, words in test}
    assert len(training) >= 1000
    few, more = (learning.drawn(n, torch.Generator().manual_seed(3)) for n in (20, 60))
    assert torch.equal(few.sentences.labels, more.sentences.labels[:20])
    assert torch.equal(few.vectors, more.vectors[:20])


def test_padding_changes_nothing() -> None:
    part = learning.chunk(False, 0)
    wide = learning.joined([part, learning.chunk(True, learning.TEST // learning.CHUNK - 1)])
    model = learning.models_of(torch.Generator().manual_seed(1))["tuned"]
    with torch.no_grad():
        torch.testing.assert_close(model(wide)[:10], model(part), atol=1e-5, rtol=0)


def test_what_is_said_of_the_learning_follows_the_numbers() -> None:
    numbers = run()[-1].numbers
    for tuned, key in ((0.72, "tuned_same"), (0.8, "tuned_more"), (0.65, "tuned_less")):
        changed = numbers | {"accuracy_frozen": 0.7, "accuracy_tuned": tuned, "accuracy_scratch": 0.6}
        assert [say.key for say in see_learning(changed)] == ["frozen_wins", key]


def test_a_reading_is_made_once_for_all_checkpoints() -> None:
    readings = [page.read(checkpoint, View(first="one look for all")) for checkpoint in run()]
    assert len({id(reading.look) for reading in readings}) == 1
    assert look.cache_info().maxsize and encoded.cache_info().maxsize
