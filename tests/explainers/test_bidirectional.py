"""What the page on bidirectional readers teaches, on eight seeds that nobody picked."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import bidirectional as page
from explainers.bidirectional import Training, View
from explainers.support.bidirectional_reader import Reader, Weights, passes, rights
from explainers.support.bidirectional_reading import Reading, by_hand
from explainers.support.bidirectional_sentences import END, sense_split, sense_vocabulary, senses
from explainers.support.contract import Checkpoint, weights_of
from explainers.support.init import seeded
from tests.checks import cells, has_words, stands_apart
from ui.locale import LANGUAGES, Words

SEEDS = range(101, 108)
WRITES = page.BREAKS["next_word"]


@cache
def trained(training: Training) -> list[Checkpoint]:
    return list(page.train(training))


def run(**settings: Any) -> list[Checkpoint]:
    return trained(Training(**settings))


def last(**settings: Any) -> dict[str, float]:
    return run(**settings)[-1].numbers


def writes(seed: int) -> Checkpoint:
    return run(task="next_word", units=WRITES["units"], steps=WRITES["steps"], seed=seed)[-1]


def read(settings: dict[str, Any] | None = None, **view: Any) -> Reading:
    return page.read(run(**(settings or {"seed": 101}))[-1], View(**view))


def said(reading: Reading, checkpoint: Checkpoint | None = None) -> list[str]:
    return [say.key for say in page.see(checkpoint or run(seed=101)[-1], reading)]


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("T", "H"), [(1, 2), (7, 4), (40, 16)])
def test_both_passes_by_hand_are_torchs(T: int, H: int, both: bool) -> None:
    generator = torch.Generator().manual_seed(T)
    model = seeded(Reader(30, 5, H, 3, both), generator).double()
    ids = torch.randint(0, 31, (1, T), generator=generator)
    named = {name.removeprefix("one."): value for name, value in weights_of(one=model).items()}
    own = passes(ids[0].tolist(), Weights.of(named))
    states = nn.RNN.forward(model.rnn, model.embed(ids))[0][0].detach().numpy()
    assert own.joined.shape == (T, 2 * H if both else H)
    np.testing.assert_allclose(own.joined, states, rtol=0, atol=1e-6)
    np.testing.assert_allclose(own.logits, model.score(torch.as_tensor(states)).detach(), rtol=0, atol=1e-6)


def test_padding_does_not_reach_the_pass_from_the_end() -> None:
    model = seeded(Reader(30, 5, 4, 1, True), torch.Generator().manual_seed(1))
    long, short = torch.tensor([[1, 2, 3, 4, 5, 6]]), torch.tensor([[7, 8, 9, 0, 0, 0]])
    together = model(torch.cat([long, short]), torch.tensor([6, 3]))
    torch.testing.assert_close(together[1, :3], model(short[:, :3], torch.tensor([3]))[0])


def test_a_cut_sentence_is_one_that_ends_there() -> None:
    """What is measured in one go for all places is what each beginning of the sentence gives alone."""
    model = seeded(Reader(30, 5, 4, 1, True), torch.Generator().manual_seed(1))
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    cut = model.cut(tokens, model(tokens, torch.tensor([6])))
    for t in range(1, 7):
        torch.testing.assert_close(cut[0, t - 1], model(tokens[:, :t], torch.tensor([t]))[0, -1])


@pytest.mark.parametrize("answers", [1, 176])
@pytest.mark.parametrize("units", [2, 4, 16])
def test_the_forward_reader_has_at_least_as_many_parameters_and_hardly_more(units: int, answers: int) -> None:
    budget = page.size(units, answers, both=True)
    one = next(n for n in range(1, 99) if page.size(n, answers, both=False) >= budget)
    for n, both in ((units, True), (one, False)):
        model = Reader(30, page.DIM, n, answers, both)
        own = sum(p.numel() for p in model.parameters()) - model.embed.weight.numel()
        assert own == page.size(n, answers, both)
    assert budget <= page.size(one, answers, both=False) < page.size(one + 1, answers, both=False)
    assert page.size(one - 1, answers, both=False) < budget


def test_both_start_from_the_same_word_vectors() -> None:
    first = run(seed=101)[0]
    vectors = [first.weights[f"{name}_en.embed.weight"] for name in ("forward", "bidirectional")]
    np.testing.assert_array_equal(vectors[0], vectors[1])


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "seeds"), [("en", SEEDS), ("pt", SEEDS[:4])])
def test_with_the_cue_after_one_direction_is_at_chance_and_two_are_not(language: str, seeds: range) -> None:
    numbers = [last(seed=seed, sentences=language) for seed in seeds]
    # Not about one half but one half: up to the word, the sentences of both senses are the same.
    assert [one["forward_after"] for one in numbers] == [0.5] * len(numbers)
    for name in ("bidirectional_after", "bidirectional_before", "forward_before"):
        assert sum(one[name] >= 0.9 for one in numbers) >= len(numbers) - 1, name


def test_it_learns() -> None:
    for name in ("forward", "bidirectional"):
        first, end = run(seed=101)[0].numbers[f"loss_{name}"], last(seed=101)[f"loss_{name}"]
        assert end < first - 0.2
    assert last(seed=101)["loss_bidirectional"] < 0.3


def test_an_edit_reaches_later_states_forward_and_earlier_ones_backward() -> None:
    for seed in (101, 102):
        for at in range(1, 8):
            moved = read({"seed": seed}, at=at, edit="hammer").moved
            assert not moved["ahead"][: at - 1].any()
            assert (moved["ahead"][at - 1 :] > 0).all()
            assert not moved["back"][at:].any()
            assert (moved["back"][:at] > 0).all()


def test_the_headline_measures_the_change_before_the_edit() -> None:
    reading = read(at=5, edit="hammer")
    numbers = page.headline(run(seed=101)[-1], reading)
    assert numbers["forward_change_before_edit"] == 0
    assert numbers["backward_change_before_edit"] == reading.moved["back"][:4].max() > 0
    assert page.headline(run(seed=101)[-1], read(text=""))["backward_change_before_edit"] == 0


def test_cut_at_the_word_two_directions_know_no_more_than_one() -> None:
    for seed in SEEDS:
        numbers = last(seed=seed)
        assert numbers["cut_after"] == 0.5
        # A cue that has been read already stays read.
        assert numbers["cut_before"] == pytest.approx(numbers["bidirectional_before"], abs=0.1)


def test_the_answer_to_the_word_turns_with_the_cue() -> None:
    for river, money in (("river", "cashier"), ("canoe", "vault")):
        shares = []
        for cue in (river, money):
            reading = read(text=f"i saw the bank near the {cue}")
            shares.append(reading.share(reading.read["bidirectional"].logits[3]))
        assert shares[0] > 0.5 > shares[1]


# -- what breaks it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [101, 102])
def test_the_next_word_is_copied_and_writing_fails(seed: int) -> None:
    checkpoint = writes(seed)
    numbers = checkpoint.numbers
    assert numbers["bidirectional_all"] > 0.95 > numbers["forward_all"] + 0.15
    assert numbers["cut_all"] < numbers["forward_all"] - 0.2
    reading = page.read(checkpoint, View())
    assert reading.asks_next
    # The last word alone has nothing after it to copy.
    right = [reading.says(logits) for logits in reading.read["bidirectional"].logits[:-1]]
    assert sum(a == b for a, b in zip(right, reading.tokens[1:], strict=True)) >= 5
    keys = said(reading, checkpoint)
    assert keys[1] == "next_cut" and keys[0].startswith("next_")
    assert "writes_short" in keys


def test_the_forward_reader_writes_neighbours_that_occur() -> None:
    checkpoint = writes(101)
    reading = page.read(checkpoint, View())
    learn, _ = sense_split("en", 0)
    pairs = {
        (int(a), int(b))
        for row, length in zip(learn.tokens, learn.lengths, strict=True)
        for a, b in pairwise(row[:length])
    }
    ids = sense_vocabulary("en")

    def known(name: str) -> float:
        words = [*reading.tokens[2:3], *reading.written[name]]
        found = [(ids[a], ids[b]) in pairs for a, b in pairwise(words) if b != END]
        return sum(found) / max(1, len(found))

    assert len(reading.written["forward"]) > 2
    assert known("forward") > 0.8


def test_heard_up_to_the_word_the_text_ends_there() -> None:
    cut, typed = read(heard=4), read(text="i saw the bank")
    assert cut.tokens == typed.tokens
    assert cut.unheard == 3
    np.testing.assert_array_equal(cut.read["bidirectional"].logits, typed.read["bidirectional"].logits)
    assert "unheard" in said(cut)
    assert read(text="bank " * 9, heard=8).unheard == 0


def test_a_cue_far_away_is_lost() -> None:
    assert last(seed=101, distance=16)["bidirectional_after"] < 0.7
    assert "after_fails" in said(read({"seed": 101, "distance": 16}))


# -- what the page says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ({"text": ""}, "empty"),
        ({"text": "the film was good"}, "no_word"),
        ({}, "tag_only_both"),
        ({"text": "near the river i saw the bank"}, "tag_both"),
        ({}, "edit_last"),
        ({"at": 8}, "edit_last"),
        ({"at": 1}, "edit_first"),
        ({"at": 4}, "edit"),
        ({"text": "bank", "edit": "river"}, "edit_alone"),
        ({"edit": ""}, "edit_same"),
        ({"edit": "river"}, "edit_same"),
        ({"text": "i saw the zorgle", "edit": "flump"}, "edit_unseen"),
        ({"text": "i saw the zorgle"}, "unknown"),
        ({"text": "a " * 9}, "shortened"),
        ({}, "after_holds"),
        ({}, "before_holds"),
        ({}, "cut"),
        ({}, "sizes"),
    ],
)
def test_it_says_what_was_measured(view: dict[str, Any], key: str) -> None:
    assert key in said(read(**view))


def test_untrained_it_says_that_it_fails() -> None:
    reading = page.read(run(seed=101)[0], View())
    keys = said(reading)
    assert "after_fails" in keys and "after_holds" not in keys and "cut" not in keys
    assert "tag_neither" in keys  # a trained reader may be sure of a word without a cue: by its last bits


@pytest.mark.parametrize("field", ["distance", "seed"])
def test_a_sweep_says_where_the_claim_holds(field: str) -> None:
    readings = [read(), page.read(run(seed=101)[0], View())]
    good, poor = readings
    for found, key in (
        ([good, poor, poor], "distance_lost"),
        ([good, poor, good], "distance_mixed"),
        ([good, good, good], "distance_kept"),
    ):
        told = page.see_sweep("distance", [0, 2, 4], found)
        assert [say.key for say in told] == [key]
        has_words("bidirectional", told)
    assert page.see_sweep("seed", [0, 1], readings)[0].values["held"] == 1
    writer = page.read(writes(101), View())
    told = page.see_sweep(field, [0], [writer])
    assert [say.key for say in told] == ["sweep_next"]
    has_words("bidirectional", told)


@pytest.mark.parametrize("text", ["bank", "i saw the bank near the river"])
def test_the_formula_adds_up(text: str) -> None:
    numbers = page.formula(read(text=text))
    assert numbers["ahead"] + numbers["back"] + numbers["bias"] == pytest.approx(numbers["logit"])
    assert 1 / (1 + np.exp(-numbers["logit"])) == pytest.approx(numbers["share"])


def test_an_empty_text_has_no_numbers_in_its_formula() -> None:
    assert not page.formula(read(text=""))


# -- the pictures ------------------------------------------------------------------------------------------


def test_the_numbers_of_both_passes_are_the_readings() -> None:
    reading = read()
    picture = page.picture_two_ways([reading])
    both = reading.read["bidirectional"]
    for t in range(1, 8):
        for way, states in (("ahead", both.ahead), ("back", both.back)):
            np.testing.assert_array_equal(cells(picture, f"{way}{t}")[:, 0], states[t - 1])
            terms = [f"{way}_input{t}", f"{way}_b_ih", f"{way}_memory{t}", f"{way}_b_hh"]
            total = np.sum([cells(picture, name) for name in terms], axis=0)
            np.testing.assert_allclose(total, cells(picture, f"{way}_sum{t}"))
            np.testing.assert_allclose(np.tanh(total), cells(picture, f"{way}{t}"))
    np.testing.assert_allclose(cells(picture, "answer4"), reading.share(both.logits[3]))


def test_the_arrows_run_from_each_end_and_meet_at_the_word() -> None:
    picture = page.picture_two_ways([read()])
    ends: dict[str, set[str]] = {}
    for arrow in picture.arrows:
        ends.setdefault(arrow.end, set()).add(arrow.start)
    assert ends["answer4"] == {"ahead4", "back4"}
    assert ends["ahead4"] == {"ahead3", "word4"}
    assert ends["back4"] == {"back5", "again4"}
    assert picture.traced


def test_the_edited_states_are_marked_against_those_of_the_text() -> None:
    reading = read(at=3, edit="hammer")
    picture = page.picture_edit([reading])
    same = {
        way: [
            bool((cells(picture, f"{way}_edited{t}") == cells(picture, f"{way}{t}")).all())
            for t in range(1, 8)
        ]
        for way in ("ahead", "back")
    }
    assert same["ahead"] == [True, True, *[False] * 5]
    assert same["back"] == [False, False, False, *[True] * 4]
    moved = [cells(picture, f"back_moved{t}").item() for t in range(1, 8)]
    assert moved == reading.moved["back"].tolist()


def test_word_by_word_the_answers_are_those_of_each_beginning() -> None:
    picture = page.picture_live([read()])
    for t in range(4, 8):
        alone = read(text=" ".join(View().text.split()[:t]))
        for name in ("forward", "bidirectional"):
            assert cells(picture, f"{name}{t}").item() == alone.share(alone.read[name].logits[3])
    forward = {cells(picture, f"forward{t}").item() for t in range(4, 8)}
    assert len({round(share, 9) for share in forward}) == 1
    drawn = {grid.name for grid in picture.grids}
    assert "forward3" not in drawn


def test_the_joined_states_times_weights_are_the_answer() -> None:
    frame = by_hand(read(), 4)
    np.testing.assert_allclose(frame["joined"] * frame["weight"], frame["product"])
    np.testing.assert_allclose(frame["product"].sum() + frame["offset"][0][0], frame["total"][0][0])
    model = Reader(len(sense_vocabulary("en")), page.DIM, 6, 1, True)
    model.load_state_dict(run(seed=101)[-1].state("bidirectional_en"))
    ids = torch.tensor([read().ids])
    logit = model.score(model(ids, torch.tensor([7])))[0, 3, 0].item()
    assert frame["total"][0][0] == pytest.approx(logit, abs=1e-5)


@pytest.mark.parametrize("task", ["senses", "next_word"])
@pytest.mark.parametrize("text", ["", "bank", "i saw the bank near the river", "a " * 20])
def test_no_two_grids_share_a_place(task: str, text: str) -> None:
    reading = page.read(run(task=task, steps=24, seed=101)[-1], View(text=text))
    for picture in (page.picture_two_ways, page.picture_edit, page.picture_live, page.picture_joined):
        stands_apart(picture([reading]))


def test_right_answers_are_those_of_a_plain_loop() -> None:
    test = sense_split("en", 0)[1]
    model = Reader(len(sense_vocabulary("en")), page.DIM, 6, 1, True)
    model.load_state_dict(run(seed=101)[-1].state("bidirectional_en"))
    with torch.no_grad():
        share = rights(model, test, model(test.tokens, test.lengths))
    right: dict[bool, list[bool]] = {True: [], False: []}
    own = read().weights["bidirectional"]
    for n in range(len(test.at)):
        ids = test.tokens[n, : int(test.lengths[n])].tolist()
        answer = passes(ids, own).logits[int(test.at[n]), 0] > 0
        right[bool(test.after[n])].append(bool(answer) == bool(test.labels[n]))
    assert share["after"] == pytest.approx(np.mean(right[True]))
    assert share["before"] == pytest.approx(np.mean(right[False]))


def test_every_word_with_two_senses_is_named_on_the_page() -> None:
    for language in LANGUAGES:
        text = Words(language, "bidirectional").page["controls"]["text"]["help"]
        assert all(word in text for known in ("en", "pt") for word in senses(known))
