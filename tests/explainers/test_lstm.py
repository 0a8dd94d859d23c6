"""What the page on the LSTM teaches, on eight seeds that nobody picked."""

from functools import cache, partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import lstm as page
from explainers.lstm import Training, View
from explainers.support.answers import right_share
from explainers.support.contract import Checkpoint
from explainers.support.init import seeded
from explainers.support.lstm_by_hand import lstm_backward, lstm_forward
from explainers.support.lstm_cell import (
    GATES,
    held_by,
    parameter_count,
    unroll_lstm,
)
from explainers.support.lstm_readers import HELD, HOLDS, INPUTS, LAYERS, like_sized
from explainers.support.lstm_reading import Reading, at_the_end
from explainers.support.lstm_tasks import Batch, answer_count, asked_about, unseen
from tests.checks import cells, has_words, stands_apart

SEEDS = range(101, 109)
SMALL = {"length": 8, "units": 5, "steps": 20, "seed": 101}

# The numbers of a picture have seven digits.
close_as_sent = partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6)


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def small(**settings: Any) -> list[Checkpoint]:
    return run(**{**SMALL, **settings})


def read(settings: dict[str, Any] | None = None, **view: Any) -> Reading:
    return page.read(small(**(settings or {}))[-1], View(**view))


def said(checkpoint: Checkpoint, **view: Any) -> list[str]:
    return [say.key for say in page.see(checkpoint, page.read(checkpoint, View(**view)))]


def lstm(inputs: int, hidden: int, seed: int) -> tuple[nn.LSTM, dict[str, torch.Tensor]]:
    layer = seeded(nn.LSTM(inputs, hidden, dtype=torch.float64), torch.Generator().manual_seed(seed))
    return layer, {name: value.detach() for name, value in layer.named_parameters()}


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("T", "B", "H"), [(1, 1, 1), (9, 3, 5), (40, 2, 16)])
def test_the_cell_by_hand_is_torchs(T: int, B: int, H: int) -> None:
    layer, weights = lstm(4, H, T)
    x = noise(T, B, 4)
    steps = unroll_lstm(weights, x, held_by(["free"], B).double())
    h, (_, c_last) = layer(x)
    assert torch.stack(steps.gates).shape == (T, B, 4, H)
    torch.testing.assert_close(torch.stack(steps.h), h.detach(), rtol=0, atol=1e-6)
    torch.testing.assert_close(steps.c[-1], c_last[0].detach(), rtol=0, atol=1e-6)


def test_torchs_rows_are_i_f_g_o() -> None:
    """Only the forget gate's rows hold: the second quarter."""
    layer, weights = lstm(3, 2, 0)
    with torch.no_grad():
        for name, value in (("input", 40.0), ("forget", -40.0), ("candidate", 40.0), ("output", 40.0)):
            row = 2 * GATES.index(name)
            layer.get_parameter("bias_ih_l0")[row : row + 2] = value
    _, (_, c) = layer(noise(6, 1, 3))
    torch.testing.assert_close(c[0, 0], torch.ones(2, dtype=torch.float64))  # i·g = 1, and f·c = 0
    gates = unroll_lstm(weights, noise(6, 1, 3), held_by(["free"]).double()).gates[-1]
    torch.testing.assert_close(gates[0, :, 0], torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.float64))


@pytest.mark.parametrize("hold", HOLDS)
def test_a_held_gate_stands_still_and_the_others_move(hold: str) -> None:
    weights = lstm(3, 4, 1)[1]
    gates = torch.stack(unroll_lstm(weights, noise(5, 2, 3), held_by([hold], 2).double()).gates)
    name, how = hold.split("_")
    for place, gate in enumerate(GATES):
        values = gates[:, :, place].unique()
        assert values.tolist() == [float(how == "open")] if gate == name else len(values) == 5 * 2 * 4


def test_holds_side_by_side_are_holds_one_by_one() -> None:
    weights, x = lstm(3, 4, 1)[1], noise(5, 2, 3)
    together = torch.stack(unroll_lstm(weights, x.repeat(1, 6, 1), held_by(HOLDS, 2).double()).h)
    for place, hold in enumerate(HOLDS):
        alone = torch.stack(unroll_lstm(weights, x, held_by([hold], 2).double()).h)
        torch.testing.assert_close(together[:, 2 * place : 2 * place + 2], alone)


def test_the_gradient_is_that_of_finite_differences() -> None:
    """∂L/∂c_t: push c_t, read on by torch from there."""
    layer, weights = lstm(3, 4, 2)
    named = {name: value.numpy() for name, value in weights.items()}
    x, head = noise(6, 1, 3), noise(5, 4)
    gates, c, h = lstm_forward(named, x[:, 0].numpy(), "free")
    answer = {"head.weight": head.numpy()}
    shares = (head @ torch.tensor(h[-1])).softmax(dim=0).numpy()  # (5,)
    found = lstm_backward(named["weight_hh_l0"], gates, c, at_the_end(answer, shares, np.array(2)))

    @torch.no_grad()
    def loss(t: int, push: torch.Tensor) -> float:
        pushed = torch.tensor(c[t]) + push  # (1, 4)
        state = torch.tensor(gates[t, 3]) * torch.tanh(pushed), pushed
        for now in x[t + 1 :]:
            state = torch.lstm_cell(now, state, *layer.parameters())
        return float(nn.functional.cross_entropy((state[0] @ head.T)[0], torch.tensor(2)))

    for t in range(6):
        for unit in range(4):
            push = torch.zeros(1, 4, dtype=torch.float64)
            push[0, unit] = 1e-5
            slope = (loss(t, push) - loss(t, -push)) / 2e-5
            assert slope == pytest.approx(float(found[t, unit]), abs=1e-8)


def test_along_the_cell_state_the_gradient_is_the_product_of_forget_gates() -> None:
    """With W_hh = 0 there is no other way back: measured and product are one."""
    checkpoint = small()[-1]
    weights = {
        **checkpoint.weights,
        "lstm.cell.weight_hh_l0": 0 * checkpoint.weights["lstm.cell.weight_hh_l0"],
    }
    alone = Checkpoint(checkpoint.step, checkpoint.of, checkpoint.numbers, weights)
    reading = page.read(alone, View())
    np.testing.assert_allclose(reading.arrived, reading.road, rtol=1e-9)
    assert not np.allclose(read().arrived, read().road, rtol=1e-3)
    forget = reading.cell.gates[:, GATES.index("forget")]
    np.testing.assert_allclose(reading.kept[0], forget[1:].prod(axis=0))
    np.testing.assert_array_equal(reading.kept[-1], 1)


@pytest.mark.parametrize("units", [4, 16, 24])
@pytest.mark.parametrize("task", ["recall", "pairs_en"])
def test_the_three_cells_have_as_many_parameters(units: int, task: str) -> None:
    answers = answer_count(task)
    models = like_sized(units, 0, answers, torch.Generator().manual_seed(0))
    counts = {kind: sum(p.numel() for p in model.parameters()) for kind, model in models.items()}
    assert list(models) == list(LAYERS)
    assert models["lstm"].cell.hidden_size == units
    for kind, model in models.items():
        assert counts[kind] == parameter_count(kind, INPUTS, model.cell.hidden_size, answers)
        assert counts[kind] == pytest.approx(counts["lstm"], rel=0.09 if units == 4 else 0.05)


def test_texts_start_from_the_same_word_vectors() -> None:
    models = like_sized(5, 12, 2, torch.Generator().manual_seed(0))
    first, *others = [model.get_parameter("embed.weight") for model in models.values()]
    assert all(torch.equal(first, other) for other in others)


def test_the_forget_bias_moves_the_forget_gates_rows_alone() -> None:
    start, moved = (small(forget_bias=bias)[0].weights["lstm.cell.bias_ih_l0"] for bias in (0, 5))
    np.testing.assert_allclose(moved - start, [0.0] * 5 + [5.0] * 5 + [0.0] * 10, atol=1e-6)
    assert small(forget_bias=0)[0].numbers["forget"] == pytest.approx(0.5, abs=0.15)
    assert small(forget_bias=5)[0].numbers["forget"] == pytest.approx(0.99, abs=0.01)


def test_the_trained_models_say_what_is_measured() -> None:
    """From the checkpoint's weights through torch's own layers."""
    checkpoint = small()[-1]
    test = unseen("recall", SMALL["length"])
    models = like_sized(SMALL["units"], 0, answer_count("recall"), torch.Generator().manual_seed(0))
    for kind, model in models.items():
        model.load_state_dict(checkpoint.state(kind))
        assert right_share(model(test), test.answers) == checkpoint.numbers[f"accuracy_{kind}"]
    model = models["lstm"].double()
    reading = read(text="", example=3)
    one = Batch(test.inputs[:, 3:4].double(), test.lengths[3:4], test.answers[3:4])
    np.testing.assert_allclose(
        reading.cell.h, model.cell(one.inputs)[0][:, 0].detach().numpy(), rtol=0, atol=1e-6
    )
    assert reading.sure[-1] == pytest.approx(
        float(model(one).softmax(1)[0, one.answers[0]].detach()), abs=1e-6
    )


@pytest.mark.parametrize("settings", [{}, {"task": "pairs_pt"}, {"forget_bias": -2}])
def test_the_headline_measures_the_difference_from_torch(settings: dict[str, Any]) -> None:
    checkpoint = small(**settings)[-1]
    assert page.headline(checkpoint, page.read(checkpoint, View()))["difference_from_torch"] <= 1e-6


# -- the claim ---------------------------------------------------------------------------------------------


def test_with_an_open_gate_it_remembers_and_its_equals_do_not() -> None:
    numbers = [run(seed=seed)[-1].numbers for seed in SEEDS]
    assert sum(one["accuracy_lstm"] >= 0.9 for one in numbers) >= 7
    assert sum(one["accuracy_lstm"] > one["accuracy_rnn"] for one in numbers) >= 7
    assert all(one["accuracy_gru"] < 0.25 for one in numbers)


def test_each_gate_shut_in_the_trained_network_takes_the_memory() -> None:
    numbers = [run(seed=seed)[-1].numbers for seed in SEEDS]
    for gate in HELD:
        assert all(one[f"accuracy_{gate}_shut"] < 0.35 < one["accuracy_lstm"] - 0.3 for one in numbers)


def test_a_forget_gate_held_open_costs_recall_nothing() -> None:
    numbers = [run(seed=seed)[-1].numbers for seed in SEEDS]
    assert all(one["accuracy_forget_open"] >= one["accuracy_lstm"] - 0.02 for one in numbers)


def test_what_is_measured_is_not_less_than_the_forget_gates_let_through() -> None:
    """Before training and after it; hardly anything arrives in the untrained RNN."""
    starts = [page.read(run(seed=seed)[0], View()) for seed in SEEDS]
    assert all(0.6 < start.road[0] < start.arrived[0] for start in starts)
    assert all(start.arrived_rnn[0] < 1e-4 for start in starts)
    ends = [page.read(run(seed=seed)[-1], View()) for seed in SEEDS]
    assert sum(end.arrived[0] > end.road[0] for end in ends) >= 7


def test_the_loss_falls() -> None:
    for seed in SEEDS:
        checkpoints = run(seed=seed)
        assert checkpoints[-1].numbers["loss_lstm"] < 0.5 * checkpoints[0].numbers["loss_lstm"]


def test_with_torchs_own_start_it_does_not_learn() -> None:
    for seed in SEEDS[:2]:
        last = run(seed=seed, forget_bias=0)[-1]
        assert last.numbers["accuracy_lstm"] < 0.25
        assert {"learnt_nothing", "others_none"} & set(said(last))


def test_order_pairs_need_to_forget_and_h_is_a_second_memory() -> None:
    numbers = [run(seed=seed, task="pairs_en", forget_bias=0, steps=200)[-1].numbers for seed in SEEDS[:4]]
    assert all(one["accuracy_lstm"] > 0.9 for one in numbers)
    assert all(one["accuracy_forget_open"] < one["accuracy_lstm"] - 0.1 for one in numbers)
    assert all(one["accuracy_forget_shut"] > one["chance"] + 0.1 for one in numbers)
    last = run(seed=101, task="pairs_en", forget_bias=0, steps=200)[-1]
    assert {"detour", "open_costs", "hold_forget_open"} <= set(said(last, hold="forget_open"))


# -- what the page says ------------------------------------------------------------------------------------


def test_it_says_what_was_measured() -> None:
    last = run(seed=101)[-1]
    assert said(last)[0] == "recalled"
    assert {"gates", "shut", "open_free", "others_behind"} <= set(said(last))
    # What is left guesses one symbol of eight, whatever was shown: now and then that is the right one.
    assert sum("not_recalled" in said(run(seed=seed)[-1], hold="input_shut") for seed in SEEDS) >= 5
    assert all(f"hold_{hold}" in said(last, hold=hold) for hold in HOLDS)
    assert said(last, text="zzz")[0] == "unread_letters"
    assert said(small(task="pairs_en")[-1], text="F")[0] == "unread_words"
    assert "learnt_nothing" in said(small()[0])


def test_every_sentence_has_words_for_its_numbers() -> None:
    views: list[dict[str, Any]] = [{}, {"hold": "forget_shut"}, {"text": "not good"}, {"text": "é bom"}]
    for last in (run(seed=101)[-1], small(task="pairs_pt")[-1], small(task="pairs_en", forget_bias=0)[-1]):
        for view in views:
            has_words("lstm", page.see(last, page.read(last, View(**view))))


def test_typed_letters_take_the_places_of_the_first() -> None:
    asked = asked_about("recall", 8, "h: xg", 3)
    symbols = "ABCDEFGH"
    start = [symbols[i] for i in unseen("recall", 8).inputs[:, 3].argmax(dim=-1).tolist()]
    assert asked.words == ["H", "G", *start[2:]]
    assert asked.answer == symbols.index("H")
    assert asked.inputs.sum() == 8
    assert asked_about("recall", 8, "", 3).words == start
    assert asked_about("recall", 8, "ABCDEFGHABCDEFGH", 3).words == list(symbols)


def test_a_text_that_nobody_knows_gives_way_to_a_test_sentence() -> None:
    asked = asked_about("pairs_en", 8, "zorgle", 1)
    assert asked.unread == "zorgle"
    assert asked.answer == int(unseen("pairs_en", 8).answers[1])
    assert len(asked.words) == int(unseen("pairs_en", 8).lengths[1])
    known = asked_about("pairs_en", 8, "not zorgle", 1)
    assert (known.words, known.answer, known.unread) == (["not", "zorgle"], None, "")
    assert known.inputs[1, 0] == 0


@pytest.mark.parametrize("settings", [{}, {"task": "pairs_en"}])
def test_the_formula_adds_up(settings: dict[str, Any]) -> None:
    numbers = page.formula(read(settings))
    c = numbers["f"] * numbers["before"] + numbers["i"] * numbers["g"]
    assert c == pytest.approx(numbers["c"])
    assert numbers["o"] * np.tanh(c) == pytest.approx(numbers["h"])
    has_words("lstm", [], numbers)


# -- the pictures ------------------------------------------------------------------------------------------


def test_the_numbers_of_the_unrolled_cell_are_the_readings() -> None:
    reading = read()
    units = [int(reading.numbers[f"unit_{place}"]) for place in range(2)]
    picture = page.picture_cell([reading])
    for t in (0, 1, 2, 6, 7):
        i, f, g, o = cells(picture, f"gates{t}")
        close_as_sent(cells(picture, f"c{t}")[0], reading.cell.c[t, units])
        close_as_sent(f * cells(picture, f"before{t}")[0] + i * g, cells(picture, f"c{t}")[0])
        close_as_sent(o * np.tanh(cells(picture, f"c{t}")[0]), cells(picture, f"h{t}")[0])
        named = (f"from_x{t}", f"from_h{t}", "bias_ih", "bias_hh")
        terms = np.sum([cells(picture, name) for name in named], axis=0)
        close_as_sent(terms, cells(picture, f"sum{t}"))
        close_as_sent(1 / (1 + np.exp(-terms[[0, 1, 3]])), [i, f, o])
        close_as_sent(np.tanh(terms[2]), g)
        assert cells(picture, f"answer{t}").item() == reading.sure[t]
    through = reading.cell.gates[3:6, 1][:, units].prod(axis=0)
    np.testing.assert_allclose(cells(picture, "through")[0], through)
    assert picture.walk is not None
    assert [name for name, _ in picture.walk.stops] == ["c0", "c1", "c2", "c6", "c7"]


def test_one_step_with_every_unit_adds_up() -> None:
    picture = page.picture_step([read(at=4)])
    gates = cells(picture, "gates")
    c = gates[:, 1:2] * cells(picture, "before") + gates[:, :1] * gates[:, 2:3]
    close_as_sent(c, cells(picture, "c"))
    close_as_sent(gates[:, 3:] * np.tanh(c), cells(picture, "h"))
    for name, matrix, vector in (("from_x", "wx", "x"), ("from_h", "wh", "h_before")):
        parts = [cells(picture, f"{matrix}{k}") * value for k, value in enumerate(cells(picture, vector)[0])]
        np.testing.assert_allclose(
            np.sum(parts, axis=0), cells(picture, name), atol=0.005
        )  # weights of three places
        grid = next(grid for grid in picture.grids if grid.name == name)
        assert grid.arithmetic.count(f"{{{vector}:0,") == len(parts)


def test_a_held_gate_is_said_to_be_held() -> None:
    words = [str(row[0]) for row in page.picture_cell([read(hold="forget_shut")]).frames[0]["becomes"]]
    assert words == ["=", "held", "=", "="]


@pytest.mark.parametrize("settings", [{}, {"task": "pairs_en"}])
def test_no_two_grids_share_a_place(settings: dict[str, Any]) -> None:
    views: list[dict[str, Any]] = [{}, {"text": "not"}]
    for view in views:
        for draw in (page.picture_cell, page.picture_step):
            stands_apart(draw([read(settings, **view)]))


def test_the_table_of_held_gates_holds_what_was_measured() -> None:
    reading = read()
    table = cells(page.picture_held([reading]), "held")
    for row, gate in zip(table, HELD, strict=True):
        numbers = reading.numbers
        assert row.tolist() == [
            numbers[f"accuracy_{gate}_shut"], numbers["accuracy_lstm"], numbers[f"accuracy_{gate}_open"]
        ]  # fmt: skip


def test_the_road_starts_at_the_end() -> None:
    traces = page.picture_road([read()]).frames[0][:3]
    assert all(trace["y"][-1] == 1 for trace in traces)
    assert all(len(trace["x"]) == len(trace["y"]) == SMALL["length"] for trace in traces)
