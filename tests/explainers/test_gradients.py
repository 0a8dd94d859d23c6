"""What the page on gradients teaches, on eight seeds that nobody picked."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from math import isfinite, isnan, log10
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explainers import gradients as page
from explainers.gradients import BREAKS, Training, View
from explainers.support.backward import backward
from explainers.support.cells import (
    ACTIVATIONS,
    CELLS,
    PARAMETERS,
    Recall,
    alike,
    backpropagate,
    cut,
    first_non_finite,
    gradient_norm,
    note_fault,
    recurrent_gain,
    state_gradients,
)
from explainers.support.contract import Checkpoint, Label, weights_of
from explainers.support.gradient_reading import Reading
from explainers.support.init import seeded
from explainers.support.pictures import apart
from explainers.support.powers import log_axis, log_labels, power, raised, size
from explainers.support.recall import CHANCE, SYMBOLS, recall_batch
from tests.checks import cells, has_words, stands_apart
from ui.locale import LANGUAGES, Words

SEEDS = range(101, 109)
KINDS = [*(("rnn", activation) for activation in ACTIVATIONS), ("lstm", "tanh"), ("gru", "tanh")]
EACH = pytest.mark.parametrize(("kind", "activation"), KINDS)


@cache
def run(**settings: Any) -> list[Checkpoint]:
    return list(page.train(Training(**settings)))


def broken_by(name: str, **settings: Any) -> list[Checkpoint]:
    return run(**{**BREAKS[name], **settings})


@cache
def start(**settings: Any) -> Reading:
    """Before training: the first checkpoint costs no training."""
    return page.read(next(page.train(Training(**settings))), View())


def read(checkpoints: list[Checkpoint], **view: Any) -> list[Reading]:
    return [page.read(checkpoint, View(**view)) for checkpoint in checkpoints]


def said(reading: Reading, **numbers: float) -> list[str]:
    """The keys of what is said of this reading, with some of its numbers changed."""
    changed = replace(reading, numbers=reading.numbers | numbers)
    return [say.key for say in page.see(run(steps=24)[-1], changed)]


def small(kind: str, activation: str, seed: int = 0) -> tuple[Recall, Tensor, Tensor]:
    """A model of 4 units in double precision, 3 sequences of 6 symbols, and their answers."""
    generator = torch.Generator().manual_seed(seed)
    model = seeded(Recall(kind, 4, activation), generator).double()
    x, answers = recall_batch(6, 3, generator)
    return model, x.double(), answers


# -- the maths ---------------------------------------------------------------------------------------------


def loss_moved(model: Recall, x: Tensor, answer: Tensor, t: int, moved: Tensor) -> float:
    """The loss of one sequence x (T, 8) when ``moved`` (H,) is added to h_t, and only to it."""
    W_ih, W_hh, b_ih, b_hh = weights = tuple(model.cell.parameters())
    h, c = torch.zeros(1, 4).double(), torch.zeros(1, 4).double()
    for i, x_t in enumerate(x[:, None]):
        if model.kind == "lstm":
            h, c = torch.lstm_cell(x_t, (h, c), *weights)
        elif model.kind == "gru":
            h = torch.gru_cell(x_t, h, *weights)
        else:
            h = ACTIVATIONS[model.activation](x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        if i == t:
            h = h + moved
    return float(nn.functional.cross_entropy(model.score(h)[0], answer))


@EACH
def test_the_gradient_at_every_step_is_that_of_finite_differences(kind: str, activation: str) -> None:
    model, x, answers = small(kind, activation)
    measured = state_gradients(model, x, answers)
    assert len(measured) == len(x)
    nudge = 1e-5 * torch.eye(4).double()
    with torch.no_grad():
        for t, norm in enumerate(measured):
            found = [
                [
                    loss_moved(model, x[:, n], answers[n], t, e)
                    - loss_moved(model, x[:, n], answers[n], t, -e)
                    for e in nudge
                ]
                for n in range(3)
            ]
            by_differences = float(np.linalg.norm(np.array(found) / 2e-5, axis=1).mean())
            assert norm == pytest.approx(by_differences, rel=1e-6, abs=1e-10)


@EACH
def test_the_gradient_of_every_weight_is_that_of_finite_differences(kind: str, activation: str) -> None:
    model, x, answers = small(kind, activation)
    backpropagate(model, x, answers)

    def loss() -> float:
        return nn.functional.cross_entropy(model(x), answers).item()

    for parameter in model.parameters():
        assert parameter.grad is not None
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for i in range(0, len(flat), 5):
            kept = float(flat[i])
            flat[i] = kept + 1e-6
            above = loss()
            flat[i] = kept - 1e-6
            below = loss()
            flat[i] = kept
            assert float(gradient[i]) == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-8)


@EACH
def test_the_unrolled_states_are_torchs(kind: str, activation: str) -> None:
    model, x, _ = small(kind, activation)
    by_hand = model.states(x)
    assert len(by_hand) == len(x)
    assert by_hand[0].shape == (3, 4)
    if activation != "identity":
        torch.testing.assert_close(torch.stack(by_hand), model.cell(x)[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(model(x), model.score(by_hand[-1]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backward_by_hand_is_autograds(activation: str) -> None:
    model, x, answers = small("rnn", activation)
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    for n in range(3):
        back = backward(weights, x[:, n].argmax(dim=1).tolist(), activation)
        states = model.states(x[:, n : n + 1])
        loss = nn.functional.cross_entropy(model.score(states[-1]), answers[n : n + 1])
        gradients = torch.stack(torch.autograd.grad(loss, states))[:, 0]  # (T, H)
        assert back.loss == pytest.approx(loss.item(), abs=1e-10)
        np.testing.assert_allclose(
            back.states, torch.stack(states)[:, 0].detach().numpy(), rtol=0, atol=1e-10
        )
        np.testing.assert_allclose(back.gradients, gradients.numpy(), rtol=0, atol=1e-10)


def test_recall_asks_for_the_first_symbol() -> None:
    x, answers = recall_batch(7, 4000, torch.Generator().manual_seed(0))
    assert x.shape == (7, 4000, SYMBOLS)
    assert (x.sum(dim=2) == 1).all()
    torch.testing.assert_close(x[0].argmax(dim=1), answers)
    counts = torch.bincount(answers, minlength=SYMBOLS) / len(answers)
    assert ((counts - CHANCE).abs() < 0.02).all()


def test_the_three_start_from_the_same_values() -> None:
    H = 5
    models = alike(H, "tanh", 3.0, 2.0, torch.Generator().manual_seed(1))
    plain = alike(H, "tanh", 0.0, 1.0, torch.Generator().manual_seed(1))
    rnn, lstm, gru = ({n: p.detach() for n, p in models[kind].named_parameters()} for kind in CELLS)
    for name in PARAMETERS[2:]:
        forget = 3.0 if "bias_ih" in name else 0.0
        assert torch.equal(rnn[name], lstm[name][2 * H : 3 * H])
        assert torch.equal(gru[name][:H], lstm[name][:H])
        torch.testing.assert_close(gru[name][H : 2 * H] + forget, lstm[name][H : 2 * H])
        factor = 2.0 if "weight_hh" in name else 1.0
        torch.testing.assert_close(rnn[name], factor * dict(plain["rnn"].named_parameters())[name].detach())
    for name in PARAMETERS[:2]:
        assert torch.equal(rnn[name], lstm[name]) and torch.equal(rnn[name], gru[name])


def test_clipping_is_torchs() -> None:
    for clip in (0.01, 100.0, 0.0):
        model, x, answers = small("gru", "tanh")
        other = deepcopy(model)
        norm = backpropagate(model, x, answers)
        backpropagate(other, x, answers)
        assert cut(model, norm, clip) == bool(clip and norm > clip)
        torch_norm = nn.utils.clip_grad_norm_(other.parameters(), clip or 1e9)
        assert norm == pytest.approx(float(torch_norm))
        for own, theirs in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(own.grad, theirs.grad, rtol=1e-4, atol=1e-9)
    assert gradient_norm(model) == pytest.approx(norm)
    assert not cut(model, float("nan"), 1.0)


# -- NaN ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name", "own"), list(product(CELLS, PARAMETERS, (True, False))))
@pytest.mark.parametrize("planted", [float("nan"), float("inf")])
def test_a_planted_number_that_is_not_finite_is_found(
    kind: str, name: str, own: bool, planted: float
) -> None:
    model, x, answers = small(kind, "tanh")
    backpropagate(model, x, answers)
    assert first_non_finite(model) == ("", False)
    parameter = model.get_parameter(name)
    assert parameter.grad is not None
    (parameter.data if own else parameter.grad).view(-1)[-1] = planted
    assert first_non_finite(model) == (name, own)
    known = {"broken_x": -1.0}
    note_fault(known, "x", model, 41)
    # A value was spoilt by the step before, a gradient belongs to the step being made.
    assert known == {
        "broken_x": 41.0 if own else 42.0, "fault_x": float(PARAMETERS.index(name)), "own_x": float(own)
    }  # fmt: skip
    note_fault(known, "x", model, 50)
    assert known["broken_x"] < 50


def test_a_planted_nan_stops_its_cell_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = backpropagate
    calls: dict[str, int] = dict.fromkeys(CELLS, 0)

    def planting(model: Recall, x: Tensor, answers: Tensor) -> float:
        norm = honest(model, x, answers)
        calls[model.kind] += 1
        if model.kind == "gru" and calls["gru"] == 5:
            gradient = model.cell.get_parameter("weight_ih_l0").grad
            assert gradient is not None
            gradient[0, 0] = float("nan")
        return norm

    monkeypatch.setattr(page, "backpropagate", planting)
    last = list(page.train(Training(steps=24, length=6)))[-1]
    assert {name: last.numbers[f"broken_{name}"] for name in CELLS} == {"rnn": -1, "lstm": -1, "gru": 5}
    assert last.numbers["made_gru"] == 5 and last.numbers["made_rnn"] == 24
    assert PARAMETERS[int(last.numbers["fault_gru"])] == "cell.weight_ih_l0"
    assert last.numbers["accuracy_gru"] == 0.0
    reading = page.read(last, View())
    assert page.headline(last, reading)["first_non_finite_step"] == 5
    broke = next(say for say in page.see(last, reading) if say.key.startswith("broken"))
    assert broke.key == "broken_gradient"
    assert broke.values == {"cell": "GRU", "step": 5, "parameter": "W_ih"}


# -- the claim ---------------------------------------------------------------------------------------------


def test_at_the_start_all_three_vanish() -> None:
    """And torch's LSTM hardly less than the RNN: less than a hundred times as much arrives."""
    ratios = [{name: start(seed=seed).numbers[f"ratio_{name}"] for name in CELLS} for seed in SEEDS]
    assert sum(one["rnn"] < 1e-6 for one in ratios) >= 7
    assert all(one[name] < 1e-5 for one in ratios for name in CELLS)
    assert all(one["lstm"] < 100 * one["rnn"] for one in ratios)
    assert start().numbers["ratio_rnn"] < 1e-6


def test_it_is_the_open_gate_that_carries_the_gradient() -> None:
    for seed in SEEDS:
        numbers = start(seed=seed).numbers
        assert numbers["gate_4"] > 0.03
        assert numbers["gate_4"] > 10_000 * numbers["ratio_rnn"]
        gates = [numbers[f"gate_{bias}"] for bias in range(-2, 4)]
        assert gates == sorted(gates)
        assert numbers["gate_0"] == pytest.approx(numbers["ratio_lstm"], rel=1e-9)
    opened = start(seed=101, forget_bias=4).numbers
    assert opened["ratio_lstm"] == pytest.approx(start(seed=101).numbers["gate_4"], rel=1e-5)
    assert opened["ratio_rnn"] == start(seed=101).numbers["ratio_rnn"]


def test_with_the_gate_open_the_lstm_learns_what_it_could_not() -> None:
    numbers = [broken_by("open_gate", seed=seed)[-1].numbers for seed in SEEDS]
    assert sum(one["accuracy_lstm"] > 0.5 for one in numbers) >= 7
    assert sum(one["accuracy_gru"] < 2 * CHANCE for one in numbers) >= 7
    for seed in SEEDS:
        checkpoints = broken_by("open_gate", seed=seed)
        assert checkpoints[-1].numbers["loss_lstm"] < checkpoints[0].numbers["loss_lstm"] - 0.1
    assert run(seed=101)[-1].numbers["accuracy_lstm"] < 2 * CHANCE
    # Neither knows the LSTM's forget bias: the same run, bit for bit.
    for name in ("rnn", "gru"):
        key = f"accuracy_{name}"
        assert run(seed=101)[-1].numbers[key] == broken_by("open_gate", seed=101)[-1].numbers[key]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_gradient_is_above_the_bound(activation: str) -> None:
    for seed, scale in product(SEEDS, (0.5, 2.0)):
        reading = start(seed=seed, scale=scale, activation=activation, length=16)
        norms = np.array(reading.norms("rnn"))
        assert (norms <= np.array(reading.bound) * (1 + 1e-9)).all()
    rnn = alike(32, "tanh", 0, 0.5, torch.Generator().manual_seed(101))["rnn"]
    W_hh = rnn.cell.get_parameter("weight_hh_l0").detach()
    singular, radius = recurrent_gain(W_hh.numpy())
    assert singular == pytest.approx(float(torch.linalg.matrix_norm(W_hh, 2)), rel=1e-5)
    assert radius == pytest.approx(float(torch.linalg.eigvals(W_hh).abs().max()), rel=1e-4)
    assert all(isnan(value) for value in recurrent_gain(np.array([[np.nan, 1], [1, 1]])))


# -- what breaks it, and what mends it ---------------------------------------------------------------------


def test_it_explodes_and_clipped_the_same_seed_trains() -> None:
    exploded, mended = 0, 0
    for seed in SEEDS:
        wild = broken_by("explode", seed=seed, steps=24)[-1].numbers
        clipped = broken_by("clipped", seed=seed)[-1].numbers
        assert wild["ratio_rnn"] == clipped["ratio_rnn"]  # the same start
        exploded += 0 < wild["broken_rnn"] <= 20 and wild["accuracy_rnn"] == 0
        mended += clipped["broken_rnn"] == -1 and clipped["accuracy_rnn"] > 0.8
        assert wild["clipped_rnn"] == 0
    assert exploded >= 7
    assert mended >= 7


def test_a_break_is_named() -> None:
    last = broken_by("explode", seed=101, steps=24)[-1]
    reading = page.read(last, View())
    numbers = page.headline(last, reading)
    assert numbers["first_non_finite_step"] == last.numbers["broken_rnn"]
    assert all(isfinite(value) for value in numbers.values())
    broke = next(say for say in page.see(last, reading) if say.key.startswith("broken"))
    assert broke.values["cell"] == "RNN"
    assert broke.values["step"] == last.numbers["broken_rnn"]
    assert "clip_off" in said(reading)
    assert "explodes" in said(reading)
    for language in LANGUAGES:
        words = Words(language, "gradients")
        assert "W" in words.fill(words.page["see"][broke.key], broke.values)
        assert words.formula(words.page["inside"]["numbers"], page.formula(reading))


def test_what_is_clipped_is_counted() -> None:
    checkpoints = broken_by("clipped", seed=101)
    readings = read(checkpoints)
    for name in CELLS:
        sizes = {step: size for reading in readings for step, size in reading.sizes[name].items()}
        assert list(sizes) == list(range(1, 241))
        long = sum(value > 1.0 for value in sizes.values())
        assert readings[-1].numbers[f"clipped_{name}"] == long
        assert readings[-1].clipped(name) == long / 240
    assert readings[-1].clipped("rnn") > 0.2
    share = page.headline(checkpoints[-1], readings[-1])["clipped_share"]
    assert share == pytest.approx(np.mean([readings[-1].clipped(name) for name in CELLS]))


def test_clipping_does_not_mend_what_has_vanished() -> None:
    """What is clipped gets shorter, never longer: with torch's LSTM nothing is cut, and nothing learnt."""
    reading = read(run(seed=101))[-1]
    assert reading.clipped("lstm") == 0.0
    assert reading.numbers["accuracy_lstm"] < 2 * CHANCE


# -- what the page says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "key"),
    [
        ({}, "vanish"),
        ({"bias": 3.0, "ratio_lstm": 0.1}, "gate_open"),
        ({"bias": 3.0}, "vanish"),
        ({"ratio_rnn": 30.0}, "explodes"),
        ({"ratio_rnn": 0.3, "ratio_lstm": 0.1}, "kept"),
        ({"accuracy_gru": 0.9}, "learnt"),
        ({"accuracy_gru": 0.4}, "learnt_little"),
        ({"accuracy_rnn": 0.1, "accuracy_gru": 0.12, "accuracy_lstm": 0.13}, "learnt_none"),
        ({"singular": 0.9}, "bound_shrinks"),
        ({"singular": 1.2, "radius": 0.6}, "bound_radius"),
        ({"singular": 1.2, "radius": 4.0}, "bound_loose"),
        ({"singular": 1.2, "state_rnn_1": 9.0}, "bound_grows"),
        ({"accuracy_rnn": 0.9, "state_rnn_1": 9.0}, "grown_adam"),
        ({"accuracy_rnn": 0.9, "state_rnn_1": 9.0, "adam": 0.0}, "grown"),
        ({"clip": 0.0}, "clip_off"),
        ({"clipped_rnn": 2.0}, "clip_some"),
        ({"clipped_rnn": 0.0, "clipped_lstm": 0.0, "clipped_gru": 0.0}, "clip_none"),
        ({"broken_lstm": 3.0, "fault_lstm": 2.0, "own_lstm": 1.0}, "broken_value"),
    ],
)
def test_it_says_what_was_measured(numbers: dict[str, float], key: str) -> None:
    reading = read(run(steps=24))[-1]
    changed = replace(reading, numbers=reading.numbers | numbers)
    says = page.see(run(steps=24)[-1], changed)
    assert key in [say.key for say in says]
    has_words("gradients", says)


def test_before_training_nothing_is_said_of_training() -> None:
    assert not [key for key in said(start()) if key.startswith(("learnt", "clip"))]


def test_the_formula_is_the_measurement() -> None:
    reading = read(run(steps=24))[-1]
    numbers = page.formula(reading)
    assert numbers["left"] * 10 ** numbers["left_e"] == pytest.approx(reading.left("rnn")[0], rel=1e-3)
    assert numbers["bound"] * 10 ** numbers["bound_e"] == pytest.approx(numbers["singular"] ** 29, rel=1e-3)


@pytest.mark.parametrize("field", ["length", "seed"])
def test_a_sweep_counts_what_was_measured(field: str) -> None:
    values = [page.SWEEPS[field][0], page.SWEEPS[field][1]]
    readings = [read(run(**{field: value, "steps": 24}))[-1] for value in values]
    good = [replace(r, numbers=r.numbers | {"accuracy_rnn": 0.9, "broken_gru": 3.0}) for r in readings]
    has_words("gradients", page.see_sweep(field, values, good))
    if field == "length":
        assert page.see_sweep(field, values, good)[0].values["rnn"] == values[1]
    else:
        seeds, right, broken = page.see_sweep(field, values, good)
        assert (seeds.values["n"], right.values["rnn"], broken.values["broken"]) == (2, 2, 2)


def test_the_sweep_over_lengths_has_nine_and_the_default() -> None:
    assert len(page.SWEEPS["length"]) == 9
    assert Training().length in page.SWEEPS["length"]


@pytest.mark.parametrize(
    ("value", "part", "number"),
    [
        (0.12, "12%", "1·10⁻¹"), (3e-8, "3·10⁻⁸", "3·10⁻⁸"), (1.0, "100%", "1"), (480.0, "480", "480"),
        (2.5e7, "2·10⁷", "2·10⁷"), (0.0, "0", "0"), (float("inf"), "∞", "∞"), (float("nan"), "NaN", "NaN"),
    ],
)  # fmt: skip
def test_numbers_over_many_powers_of_ten_as_words(value: float, part: str, number: str) -> None:
    assert (power(value), size(value)) == (part, number)


def test_powers_of_ten_are_written_out() -> None:
    """Not left to Plotly, whose raised exponents are smaller than 12 px."""
    axis = log_axis(-8, 1, 4)
    assert axis["tickvals"] == [1e-6, 1e-3, 1.0]
    assert axis["ticktext"] == ["10⁻⁶", "10⁻³", "1"]
    for picture in (page.picture_chain, page.picture_norms, page.picture_gate, page.picture_clipping):
        layout = picture(read(run(steps=24))).layout
        logs = [value for value in layout.values() if isinstance(value, dict) and value.get("type") == "log"]
        assert logs and all(axis["ticktext"] for axis in logs)


def test_labels_keep_apart() -> None:
    ends = {"rnn": (1e-8, "a"), "lstm": (2e-8, "b"), "gru": (3e-8, "c")}
    traces = log_labels(1, {k: (v, Label(w)) for k, (v, w) in ends.items()}, -9, 0, "left")
    places = sorted(log10(trace["y"][0]) for trace in traces)
    assert min(np.diff(places)) >= 9 / 13 - 1e-9


# -- the pictures ------------------------------------------------------------------------------------------


def test_the_bars_are_what_was_measured() -> None:
    readings = read(run(steps=24))
    picture = page.picture_chain(readings)
    assert picture.steps[0] == 0 and picture.steps[-1] == 24
    for reading, frame in zip(readings, picture.frames, strict=True):
        bars = [trace["y"] for trace in frame if trace["type"] == "bar"]
        assert bars == [reading.left(name) for name in CELLS]
        assert all(row[-1] == 1 for row in bars)
        assert bars[0][0] == pytest.approx(reading.norms("rnn")[0] / reading.norms("rnn")[-1])


def test_a_broken_cell_has_no_bars_and_its_row_says_so() -> None:
    readings = read(broken_by("explode", seed=101, steps=24))
    frame = page.picture_chain(readings).frames[-1]
    bars = [trace["y"] for trace in frame if trace["type"] == "bar"]
    assert bars[0] == [None] * 16
    texts = [trace["text"][0] for trace in frame if trace.get("mode") == "text"]
    assert str(texts[0]) == "row.broken"


def test_the_line_of_clipping_stands_where_it_is_set() -> None:
    readings = read(broken_by("clipped", seed=101))
    traces = page.picture_clipping(readings).frames[0]
    dots = traces[0]
    assert len(dots["x"]) == 240
    hanging = sum(cut_off > 0 for cut_off in dots["error_y"]["arrayminus"])
    assert hanging == readings[-1].numbers["clipped_rnn"]
    assert [1.0, 1.0] in [trace["y"] for trace in traces]
    off = page.picture_clipping(read(broken_by("explode", seed=101, steps=24))).frames[0]
    assert "x" in off[0]["marker"]["symbol"]
    assert not any(trace["name"] == "series.followed" for trace in off)


def test_the_way_back_by_hand_adds_up() -> None:
    reading = read(run(steps=24), example=3)[-1]
    picture = page.picture_by_hand([reading])
    back, T = reading.back, 30
    unit = np.linalg.norm(back.gradients[-1])
    for t in (1, 2, 28, 29, 30):
        np.testing.assert_allclose(cells(picture, f"g{t}")[:, 0], back.gradients[t - 1][:5] / unit)
        np.testing.assert_allclose(cells(picture, f"h{t}")[:, 0], back.states[t - 1][:5])
        np.testing.assert_allclose(
            np.tanh(cells(picture, f"in{t}") + cells(picture, f"rec{t}")), cells(picture, f"h{t}"), atol=1e-9
        )
    for t in (1, 28, 29):
        W, d = cells(picture, "w_hh"), cells(picture, f"d{t + 1}")
        total = sum(W[j] * d[j, 0] for j in range(2)) + cells(picture, f"rest{t}")[:, 0]
        np.testing.assert_allclose(total, cells(picture, f"g{t}")[:, 0], atol=1e-12)
    assert len(back.symbols) == T


@pytest.mark.parametrize("length", [4, 30])
def test_no_two_grids_share_a_place(length: int) -> None:
    picture = page.picture_by_hand([start(length=length)])
    stands_apart(picture)
    assert picture.walk is not None
    seen = {grid.name for grid in picture.grids if grid.kind != "hidden"}
    assert {name for name, _ in picture.walk.stops} <= seen


def test_the_example_is_another_sequence() -> None:
    checkpoint = run(steps=24)[-1]
    found = {tuple(page.read(checkpoint, View(example=n)).back.symbols) for n in range(1, 21)}
    assert len(found) == 20


def test_a_checkpoint_rebuilds_the_model() -> None:
    checkpoint = run(steps=24)[-1]
    for name in CELLS:
        model = Recall(name, page.UNITS)
        model.load_state_dict(checkpoint.state(name))
        again = weights_of(**{name: model})
        assert all(np.array_equal(checkpoint.weights[key], value) for key, value in again.items())


def test_labels_at_the_top_stay_in_the_picture() -> None:
    places = apart({"rnn": 1.3, "lstm": 1.3, "gru": 1.29, "chance": 0.1}, (0.0, 1.3))
    assert max(places.values()) <= 1.3
    heights = sorted(places.values())
    assert min(b - a for a, b in pairwise(heights)) == pytest.approx(0.1)
    assert places["chance"] == 0.1


def test_a_bound_beyond_all_numbers_is_infinite() -> None:
    assert raised(1e12, 30) == float("inf")
    assert raised(2.0, 10) == 1024.0
