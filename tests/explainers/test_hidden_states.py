"""What the page on hidden states teaches, on eight seeds that nobody picked."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import hidden_states as page
from explainers.hidden_states import Reading, Training, View
from explainers.support import states
from explainers.support.by_hand import Step, unroll
from explainers.support.contract import Checkpoint, Label
from explainers.support.init import seeded
from explainers.support.reviews import pack
from explainers.support.states import FOLLOWED, StateReader, backwards, torch_states
from tests.checks import cells
from ui.locale import LANGUAGES, Words

SEEDS = range(101, 108)


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def read(settings: dict[str, Any] | None = None, **view: Any) -> Reading:
    return page.read(run(**(settings or {}))[-1], View(**view))


def said(reading: Reading) -> list[str]:
    return [say.key for say in page.see(run()[-1], reading)]


def answer(text: str, **settings: Any) -> tuple[bool, bool]:
    """Whether the answer is positive: to the text, and to the text without its negation."""
    reading = read(settings, text=text)
    return bool(reading.text.answers[-1] > 0.5), bool(reading.without.answers[-1] > 0.5)


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("T", "d", "H"), [(1, 4, 2), (7, 4, 6), (40, 3, 16)])
def test_the_recurrence_by_hand_is_torchs(T: int, d: int, H: int) -> None:
    generator = torch.Generator().manual_seed(T)
    rnn = seeded(nn.RNN(d, H, dtype=torch.float64), generator)
    vectors = torch.randn(T, d, generator=generator, dtype=torch.float64)
    own = {name: value.detach().numpy() for name, value in rnn.named_parameters()}
    step = Step(own["weight_ih_l0"], own["bias_ih_l0"], own["weight_hh_l0"], own["bias_hh_l0"])
    by_hand = unroll(vectors.numpy(), step)
    assert by_hand.shape == (T + 1, H)
    assert not by_hand[0].any()
    np.testing.assert_allclose(by_hand[1:], rnn(vectors)[0].detach().numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(by_hand, torch_states(vectors.numpy(), step), rtol=0, atol=1e-6)


def test_the_trained_model_says_what_the_reading_says() -> None:
    reading = read(text="the film was not boring")
    model = StateReader(page.WORDS, page.DIM, 6)
    model.load_state_dict(run()[-1].state("reviews"))
    hidden, logits = model(torch.tensor([reading.text.ids]))
    np.testing.assert_allclose(reading.text.states[1:], hidden[0].detach().numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(reading.text.logits[1:], logits[0].detach().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 10.0])
@pytest.mark.parametrize("text", ["", "boring", "the film was not boring", "a " * 140, "😀", "zorgle !"])
def test_the_headline_measures_the_difference_from_torch(scale: float, text: str) -> None:
    settings = {"scale": scale, "steps": 24}
    numbers = page.headline(run(**settings)[-1], read(settings, text=text))
    assert numbers["difference_from_torch"] <= 1e-6


def test_backwards_turns_the_words_and_leaves_the_padding() -> None:
    batch = backwards(pack([[1, 2, 3], [4, 5], [6]], [1.0, 0.0, 1.0]))
    assert batch.tokens.tolist() == [[3, 2, 1], [5, 4, 0], [6, 0, 0]]
    assert batch.lengths.tolist() == [3, 2, 1]


def test_loss_and_accuracy_are_those_of_a_plain_loop() -> None:
    batch = pack([[1, 2, 3], [4, 5]], [1.0, 0.0])
    logits = torch.tensor([[-1.0, 2.0, 0.5], [0.3, 0.7, 9.0]])
    cross = nn.functional.binary_cross_entropy_with_logits
    each = [
        cross(logits[n, t], batch.labels[n])
        for n, length in enumerate(batch.lengths)
        for t in range(int(length))
    ]
    loss = states.loss_at_every_word(logits, batch)
    torch.testing.assert_close(loss, torch.stack(each).mean())
    assert states.share_right(logits, batch) == 0.5  # 0.5 is right for a positive, 0.7 wrong for a negative


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_is_remembered_is_one_column(seed: int) -> None:
    """What follows depends on what came before through the last state alone."""
    text = read({"seed": seed}).text
    rnn = nn.RNN(page.DIM, 6, dtype=torch.float64)
    weights = run(seed=seed)[-1].state("reviews")
    rnn.load_state_dict({name.removeprefix("rnn."): weights[name] for name in weights if "rnn." in name})
    for t in range(1, len(text.ids)):
        rest = rnn(torch.as_tensor(text.vectors[t:]), torch.as_tensor(text.states[t][None]))[0]
        np.testing.assert_allclose(text.states[t + 1 :], rest.detach().numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_changes_the_states_from_its_place_on(seed: int) -> None:
    for at in range(1, 6):
        reading = read({"seed": seed}, at=at, edit="great")
        assert reading.first_changed == at
        assert (reading.text.states[:at] == reading.edited.states[:at]).all()
        assert (reading.distances[at - 1 :] > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_it_learns(seed: int) -> None:
    checkpoints = run(seed=seed)
    assert min(point.numbers["loss"] for point in checkpoints) < checkpoints[0].numbers["loss"] - 0.1
    assert checkpoints[-1].numbers["accuracy"] > checkpoints[-1].numbers["chance"] + 0.2


def test_reviews_teach_that_not_is_bad_news_and_no_more() -> None:
    """In 8 of 8 seeds it pulls *good* down and does not lift *boring*: so the page shows both."""
    assert all(answer("the film was not good", seed=seed) == (False, True) for seed in SEEDS)
    assert all(answer("the film was not boring", seed=seed) == (False, False) for seed in SEEDS)


def test_order_pairs_teach_to_turn_what_follows() -> None:
    turned = [answer("the film is not boring", seed=seed, task="pairs_en") for seed in SEEDS]
    assert turned.count((True, False)) >= 7
    turned = [answer("o filme não é chato", seed=seed, task="pairs_pt") for seed in SEEDS]
    assert all(positive for positive, _ in turned)


def test_a_change_fades_on_reviews_and_not_always_on_pairs() -> None:
    last = f"change_{FOLLOWED - 1}"
    numbers = [run(seed=seed)[-1].numbers for seed in SEEDS]
    assert all(0.1 < one[last] / one["change_0"] < 0.8 for one in numbers)
    pairs = [run(seed=seed, task="pairs_en")[-1].numbers for seed in SEEDS]
    assert any(one[last] > one["change_0"] for one in pairs)


def test_the_direction_costs_little_on_reviews_and_much_on_pairs() -> None:
    def cost(task: str) -> list[float]:
        numbers = [run(seed=seed, task=task)[-1].numbers for seed in SEEDS]
        return [one["accuracy"] - one["accuracy_backwards"] for one in numbers]

    assert all(abs(lost) < 0.06 for lost in cost("reviews"))
    assert all(lost > 0.1 for lost in cost("pairs_en"))


# -- what breaks it ----------------------------------------------------------------------------------------


def test_without_recurrence_a_state_knows_its_word_alone() -> None:
    for seed in SEEDS:
        settings = {"recurrence": False, "seed": seed, "steps": 200}
        numbers = run(**settings)[-1].numbers
        assert [numbers[f"change_{k}"] for k in range(1, FOLLOWED)] == [0.0] * (FOLLOWED - 1)
        assert numbers["change_0"] > 0
        assert numbers["accuracy"] < numbers["chance"] + 0.05
        forward, turned = (read(settings, backwards=value).text for value in (False, True))
        np.testing.assert_array_equal(forward.states[1:], turned.states[:0:-1])
    assert not run(recurrence=False, seed=101, steps=200)[-1].weights["reviews.rnn.weight_hh_l0"].any()
    assert "no_recurrence" in said(read({"recurrence": False, "seed": 101, "steps": 200}))
    assert "edit_gone" in said(read({"recurrence": False, "seed": 101, "steps": 200}, at=2, edit="great"))


def test_large_weights_saturate_and_training_stalls() -> None:
    broken, sound = 0, 0
    for seed in SEEDS:
        numbers = run(scale=10.0, seed=seed, steps=300)[-1].numbers
        broken += numbers["saturated"] > 0.4 and numbers["accuracy"] < numbers["chance"] + 0.03
        sound += run(seed=seed)[-1].numbers["saturated"] < 0.1
    assert broken >= 7
    assert sound >= 7
    assert "saturated" in said(read({"scale": 10.0, "seed": 101, "steps": 300}))
    # A sound one may saturate at a word, too, by its last bits: then the page says so, and else not.
    readings = [read({"seed": seed}) for seed in SEEDS]
    full = [bool((reading.text.saturated >= 0.5).any()) for reading in readings]
    assert ["saturated" in said(reading) for reading in readings] == full
    assert not all(full)


def test_saturation_is_counted() -> None:
    text = read().text
    assert text.saturated.tolist() == [
        float(np.mean([abs(h) > 0.99 for h in row])) for row in text.states[1:]
    ]
    share = page.headline(run()[-1], read())["saturated_share"]
    assert share == pytest.approx(np.mean(np.abs(text.states[1:]) > 0.99))


def test_backwards_the_words_come_in_reverse() -> None:
    reading = read(backwards=True, edit="great", at=1)
    assert reading.text.tokens == ["boring", "not", "was", "film", "the"]
    assert reading.edited.tokens[0] == "great"
    assert "accuracy_backwards" in said(reading)


# -- what the page says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ({"text": ""}, "empty"),
        ({"edit": "film", "at": 2}, "edit_same"),
        ({"edit": ""}, "edit_same"),
        ({"text": "zorgle was here", "edit": "flump", "at": 1}, "edit_unseen"),
        ({"at": 1}, "edit_first"),
        ({"at": 2}, "edit"),
        ({"at": 5}, "edit_last"),
        ({"at": 8}, "edit_last"),
        ({"text": "the film was not boring"}, "negation_missed"),
        ({"text": "the film was not good"}, "negation_turned"),
        ({"text": "zorgle"}, "unknown_reviews"),
        ({"text": "a " * 9}, "shortened"),
        ({}, "forgets"),
        ({}, "accuracy"),
    ],
)
def test_it_says_what_was_measured(view: dict[str, Any], key: str) -> None:
    assert key in said(read({"seed": 101}, **view))


def test_unknown_words_on_pairs_come_with_an_example() -> None:
    reading = read({"task": "pairs_pt", "seed": 101}, text="gostei")
    say = next(say for say in page.see(run()[-1], reading) if say.key == "unknown_pairs")
    assert say.values["word"] == "gostei"
    assert "não" in say.values["example"]


def test_the_last_word_stands_in_for_a_place_beyond_the_end() -> None:
    assert read(at=8).at == 5
    assert read(text="").at == 0
    assert page.headline(run()[-1], read(text=""))["first_changed_step"] == -1


@pytest.mark.parametrize("text", ["boring", "the film was not boring"])
def test_the_formula_adds_up(text: str) -> None:
    numbers = page.formula(read(text=text))
    total = sum(numbers[key] for key in ("input", "b_ih", "memory", "b_hh"))
    assert total == pytest.approx(numbers["sum"])
    assert np.tanh(total) == pytest.approx(numbers["state"])
    assert numbers["T"] == len(text.split())


def test_an_empty_text_has_no_numbers_in_its_formula() -> None:
    assert not page.formula(read(text=""))


# -- the pictures ------------------------------------------------------------------------------------------


def test_the_numbers_of_the_unrolled_network_are_the_readings() -> None:
    reading = read(text="the film was not boring")
    picture = page.picture_unrolled([reading])
    for t in range(1, 6):
        np.testing.assert_array_equal(cells(picture, f"state{t}")[:, 0], reading.text.states[t])
        np.testing.assert_array_equal(cells(picture, f"vector{t}")[:, 0], reading.text.vectors[t - 1])
        assert cells(picture, f"answer{t}").item() == reading.text.answers[t]
        terms = [cells(picture, name) for name in (f"input{t}", "b_ih", f"memory{t}", "b_hh")]
        np.testing.assert_allclose(sum(terms), cells(picture, f"sum{t}"))
        np.testing.assert_allclose(np.tanh(sum(terms)), cells(picture, f"state{t}"))


def test_the_arithmetic_names_the_matrix_of_the_input_and_of_the_state() -> None:
    picture = page.picture_unrolled([read()])
    grid = next(grid for grid in picture.grids if grid.name == "state4")
    for language in LANGUAGES:
        assert isinstance(grid.arithmetic, Label)
        text = Words(language, "hidden_states").label(grid.arithmetic)
        assert "`W_ih·x₄|{input4:r,0}`" in text
        assert "`W_hh·h₃|{memory4:r,0}`" in text
    words = {(arrow.start, arrow.end): arrow.label for arrow in picture.arrows}
    assert words["vector4", "state4"] == "W_ih"
    assert words["state3", "state4"] == "W_hh"


def test_the_walk_stops_at_every_word() -> None:
    picture = page.picture_unrolled([read()])
    assert picture.walk is not None
    assert [name for name, _ in picture.walk.stops] == [f"state{t}" for t in range(6)]
    steps = {grid.name: grid.step for grid in picture.grids}
    assert [steps[name] for name, _ in picture.walk.stops] == list(range(6))


def test_the_edited_states_are_marked_against_those_of_the_text() -> None:
    reading = read(at=3, edit="great")
    picture = page.picture_edit([reading])
    against = {grid.name: grid.against for grid in picture.grids if grid.against}
    assert against == {f"edited{t}": f"state{t}" for t in range(1, 6)}
    same = [bool((cells(picture, a) == cells(picture, b)).all()) for a, b in against.items()]
    assert same == [True, True, False, False, False]
    distances = [cells(picture, f"distance{t}").item() for t in range(1, 6)]
    assert distances == reading.distances.tolist()


def test_one_step_by_hand_multiplies_the_matrices() -> None:
    picture = page.picture_by_hand([read(at=4)])
    x, h = cells(picture, "x"), cells(picture, "h")
    np.testing.assert_allclose(cells(picture, "W_ih") @ x.T, cells(picture, "input"))
    np.testing.assert_allclose(cells(picture, "W_hh") @ h.T, cells(picture, "memory"))
    np.testing.assert_allclose(np.tanh(cells(picture, "sum")), cells(picture, "state"))
    arithmetic = {grid.name: grid.arithmetic for grid in picture.grids}
    assert arithmetic["input"].count("W_ih:r,") == x.size
    assert arithmetic["memory"].count("W_hh:r,") == h.size


def test_the_fading_starts_at_the_edit() -> None:
    reading = read(at=3, edit="great")
    own, mean = page.picture_fade([reading]).frames[0][:2]
    assert own["y"] == reading.distances[2:].tolist()
    assert mean["y"] == [reading.numbers[f"change_{k}"] for k in range(FOLLOWED)]
    assert all(b == a + 1 for a, b in pairwise(mean["x"]))
