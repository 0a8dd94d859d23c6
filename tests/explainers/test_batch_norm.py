"""What the page on batch norm teaches, on eight seeds that nobody picked."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import batch_norm as page
from explainers.batch_norm import Training, View
from explainers.support import norm_measure, norm_pictures
from explainers.support.answers import right_share
from explainers.support.contract import Checkpoint, Label
from explainers.support.digits import digit_split, digits
from explainers.support.norm_measure import (
    SEEN,
    Layer,
    arranged,
    refusal,
    spread,
    torch_difference,
    train_mode,
    walk,
)
from explainers.support.norm_nets import (
    EPS,
    PIXELS,
    WIDTH,
    DeepNet,
    Stack,
    batch_statistics,
    normalise,
    running,
)
from explainers.support.norm_reading import (
    BINS,
    DEAD,
    REACH,
    TRAINS,
    Reading,
    dead_layer,
    largest_rate,
    shares,
)
from tests.checks import cells, has_words
from ui.controls import log_series

SEEDS = range(101, 108)
QUICK: dict[str, Any] = {"depth": 3, "steps": 24}


@contextmanager
def ladder(*rates: float) -> Iterator[None]:
    """Fewer rates side by side: they do not touch one another, as a test below shows."""
    whole, page.RATES = page.RATES, rates  # type: ignore[assignment]
    try:
        yield
    finally:
        page.RATES = whole


@cache
def run(*rates: float, **settings: Any) -> list[Checkpoint]:
    with ladder(*rates):
        return list(page.train(Training(**settings)))


def read(*rates: float, view: dict[str, Any] | None = None, **settings: Any) -> Reading:
    return page.read(run(*rates, **settings)[-1], View(**(view or {})))


def headline(*rates: float, **settings: Any) -> dict[str, float]:
    return page.headline(run(*rates, **settings)[-1], read(*rates, **settings))


def said(*rates: float, view: dict[str, Any] | None = None, **settings: Any) -> list[str]:
    return [say.key for say in page.see(run(*rates, **settings)[-1], read(*rates, view=view, **settings))]


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


# -- the digits --------------------------------------------------------------------------------------------


def test_the_digits_are_all_there_and_split_once() -> None:
    learn, test = digit_split()
    assert learn.images.shape == (8_000, 28, 28)
    assert test.images.shape == (2_000, 28, 28)
    assert set(test.labels.tolist()) == set(range(10))
    assert float(learn.images.min()) >= 0 and float(learn.images.max()) == 1
    both = torch.cat([test.images, learn.images])
    assert torch.equal(both, digits().images)
    assert digits(2).images.shape == (10_000, 14, 14)
    torch.testing.assert_close(digits(2).images[7, 3, 4], digits().images[7, 6:8, 8:10].mean())


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("B", "H"), [(2, 1), (5, 4), (50, 32)])
def test_the_normalisation_by_hand_is_torchs_in_both_modes(B: int, H: int) -> None:
    norm = nn.BatchNorm1d(H, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(drawn(H))
        norm.bias.copy_(drawn(H + 1)[1:])
    gamma, beta = norm.weight.detach(), norm.bias.detach()
    kept_mean, kept_var = torch.zeros(1, H, dtype=torch.float64), torch.ones(1, H, dtype=torch.float64)
    for step in range(3):
        x = drawn(B, H) * (step + 1) + step
        mean, var = batch_statistics(x)
        torch.testing.assert_close(normalise(x, mean, var, gamma, beta), norm(x), rtol=0, atol=1e-6)
        kept_mean, kept_var = running(kept_mean, mean), running(kept_var, var * B / (B - 1))
    for own, theirs in ((kept_mean, norm.running_mean), (kept_var, norm.running_var)):
        assert theirs is not None
        torch.testing.assert_close(own[0], theirs, rtol=0, atol=1e-6)
    by_hand = normalise(x, kept_mean, kept_var, gamma, beta)
    torch.testing.assert_close(by_hand, norm.eval()(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("place", ["before", "after", ""])
def test_nets_side_by_side_are_nets_one_after_the_other(place: str) -> None:
    """Each copy in a stack learns as torch's own modules do at its rate; their running statistics, too."""
    rates, generator = (0.05, 0.5), torch.Generator().manual_seed(3)
    start = page.nets(Training(depth=3, place=place or "before"), generator)["with" if place else "without"]
    stack = Stack(start, rates)
    optimiser = torch.optim.SGD(stack.parameters(), lr=1.0)
    lone = [DeepNet(3, "sigmoid", place) for _ in rates]
    for net in lone:
        net.load_state_dict(start.state_dict())
    steps = [torch.optim.SGD(net.parameters(), lr=rate) for net, rate in zip(lone, rates, strict=True)]
    x, labels = arranged("mixed")
    for k in range(8):
        batch = slice(20 * k, 20 * k + 20)
        optimiser.zero_grad()
        stack.loss(x[batch], labels[batch]).backward()
        optimiser.step()
        for net, step in zip(lone, steps, strict=True):
            step.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), labels[batch]).backward()
            step.step()
    for k, net in enumerate(lone):
        own = stack.state(k)
        assert set(own) == set(net.state_dict())
        for name, value in net.state_dict().items():
            np.testing.assert_allclose(own[name], value.numpy(), rtol=0, atol=2e-5, err_msg=name)
        net.eval()
        np.testing.assert_allclose(
            stack.forward(x, training=False)[k].detach(), net(x).detach(), rtol=0, atol=1e-4
        )


@pytest.mark.parametrize("place", ["before", "after", ""])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_walk_by_hand_is_the_nets(activation: str, place: str) -> None:
    settings = {**QUICK, "activation": activation, "place": place or "before"}
    weights = run(**settings)[-1].state("with" if place else "without")
    net = DeepNet(3, activation, place)
    net.load_state_dict(weights)
    x = arranged("mixed")[0][:40]
    exact = net.double()
    layers, logits = walk(weights, x, activation, place, 0)
    torch.testing.assert_close(logits, exact.eval()(x.double()).detach(), rtol=0, atol=1e-6)
    assert [tuple(layer.into.shape) for layer in layers] == [(40, WIDTH)] * 3
    if place:
        in_batches = walk(weights, x, activation, place, 20)[1]
        exact.train()
        for half in (slice(0, 20), slice(20, 40)):
            theirs = exact(x[half].double()).detach()
            torch.testing.assert_close(in_batches[half], theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "settings", [{}, {"place": "after"}, {"activation": "relu", "rate": 20.0}, {"batch": 1}]
)
def test_the_headline_measures_the_difference_from_torch(settings: dict[str, Any]) -> None:
    assert headline(**{**QUICK, **settings})["difference_from_torch"] <= 1e-6


def test_the_difference_from_torch_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variance that divides by B − 1, or another momentum, is found out."""
    last = run(**QUICK)[-1]
    weights = last.state("with")
    layers = walk(weights, arranged("mixed")[0][:SEEN], "sigmoid", "before", SEEN)[0]
    assert torch_difference(weights, layers) <= 1e-6
    no_number = Layer(*(part * float("nan") for part in vars(layers[0]).values()))
    assert torch_difference(weights, [no_number]) == 0
    wrong = {
        "batch_statistics": lambda x: (x.mean(0, keepdim=True), x.var(0, keepdim=True)),
        "running": lambda old, new: 0.8 * old + 0.2 * new,
    }
    for name, other in wrong.items():
        with monkeypatch.context() as bent:
            bent.setattr(norm_measure, name, other)
            assert torch_difference(weights, layers) > 1e-4


def test_right_is_not_said_of_logits_that_are_no_numbers() -> None:
    logits = torch.zeros(3, 10)
    logits[0, 4], logits[1, 5], logits[2] = 1.0, 1.0, float("nan")
    assert right_share(logits, torch.tensor([4, 0, 0])) == pytest.approx(1 / 3)


# -- the comparison is fair --------------------------------------------------------------------------------


def test_both_nets_start_from_the_same_weights_and_count_alike() -> None:
    first, last = run(**QUICK)[0], run(**QUICK)[-1]
    shared = [name.removeprefix("without.") for name in first.weights if name.startswith("without.")]
    for name in shared:
        np.testing.assert_array_equal(first.weights[f"with.{name}"], first.weights[f"without.{name}"])
    counts = last.parameters()
    linear = PIXELS * WIDTH + WIDTH + 2 * (WIDTH * WIDTH + WIDTH) + WIDTH * 10 + 10
    assert counts == {"with": linear + 3 * 2 * WIDTH, "without": linear}


def test_rates_side_by_side_do_not_touch_one_another() -> None:
    alone, beside = run(rate=0.5, **QUICK)[-1], run(20.0, rate=0.5, **QUICK)[-1]
    for name, value in alone.weights.items():
        np.testing.assert_allclose(value, beside.weights[name], rtol=0, atol=1e-5, err_msg=name)


def test_the_rates_are_the_sliders() -> None:
    assert list(page.RATES) == log_series(0.01, 20.0, whole=False)
    assert {f"accuracy_{net}_{r:g}" for net in page.MODELS for r in page.RATES} <= set(
        run(*page.RATES, **QUICK)[0].numbers
    )


# -- the claim ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_net_with_batch_norm_learns(seed: int) -> None:
    numbers = headline(seed=seed)
    assert numbers["accuracy_with"] > 0.7
    assert numbers["accuracy_without"] < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_signal_dies_on_the_way_and_batch_norm_brings_it_back(seed: int) -> None:
    for checkpoint in run(seed=seed):
        reading = page.read(checkpoint, View())
        without, with_norm = reading.along("signal", "without"), reading.along("signal", "with")
        assert all(b < 0.5 * a for a, b in pairwise(without[:5]))
        assert dead_layer(without) == 3
        assert dead_layer(with_norm) == -1
        assert min(with_norm) > 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_hardly_any_gradient_gets_back_without(seed: int) -> None:
    first = page.read(run(seed=seed)[0], View())
    without, with_norm = first.along("gradient", "without"), first.along("gradient", "with")
    assert without[0] < 1e-3 * without[-1]
    assert with_norm[0] > 0.05 * with_norm[-1]


def test_it_widens_the_range_of_rates() -> None:
    """Sigmoid: without it no rate trains."""
    for seed in SEEDS:
        numbers = run(0.02, 1.0, seed=seed, rate=1.0, steps=100)[-1].numbers
        assert largest_rate(numbers, "with") == 1.0
        assert largest_rate(numbers, "without") == 0.0


def test_with_fewer_layers_both_have_a_range_of_different_width() -> None:
    for seed in list(SEEDS)[:4]:
        numbers = run(0.02, 0.5, 2.0, seed=seed, activation="tanh", depth=4, rate=0.5)[-1].numbers
        trained = {
            net: [numbers[f"accuracy_{net}_{rate:g}"] >= TRAINS for rate in (0.02, 0.5, 2.0)]
            for net in page.MODELS
        }
        assert trained == {"with": [True, True, True], "without": [False, True, False]}


def test_the_accuracy_rises_and_the_run_is_the_same_again() -> None:
    numbers = [checkpoint.numbers for checkpoint in run(seed=101)]
    assert numbers[-1]["accuracy_with"] > numbers[0]["accuracy_with"] + 0.5
    again = list(page.train(Training(**QUICK)))
    with ladder():
        few = list(page.train(Training(**QUICK)))
    assert [c.numbers for c in few] == [c.numbers for c in run(**QUICK)]
    assert len(again) == len(few)


# -- where the claim ends ----------------------------------------------------------------------------------


def test_two_layers_learn_without_it() -> None:
    assert all(
        headline(seed=seed, depth=2, activation="tanh", rate=0.2)["accuracy_without"] > 0.7
        for seed in (101, 102)
    )
    assert "both" in said(seed=101, depth=2, activation="tanh", rate=0.2)


def test_a_better_start_helps_tanh_as_much() -> None:
    """The page says so: with weights twice as large tanh learns as well without batch norm."""
    for seed in SEEDS:
        numbers = headline(seed=seed, activation="tanh", scale=2.0)
        assert numbers["accuracy_without"] > numbers["accuracy_with"] - 0.1
    assert "both" in said(seed=101, activation="tanh", scale=2.0)
    assert headline(seed=101, activation="tanh")["accuracy_without"] < 0.3
    assert "faint_without" in said(seed=101, activation="tanh")


def test_it_helps_relu_less_and_sigmoid_not() -> None:
    for seed in list(SEEDS)[:4]:
        numbers = headline(seed=seed, activation="relu", scale=2.0)
        assert 0.2 < numbers["accuracy_without"] < numbers["accuracy_with"] - 0.1
        assert numbers["dead_layer_without"] == -1
    assert headline(seed=101, activation="relu")["accuracy_without"] < 0.2
    assert headline(seed=101, scale=2.0)["accuracy_without"] < 0.2


# -- the two modes -----------------------------------------------------------------------------------------


def test_in_eval_mode_the_company_does_not_matter() -> None:
    weights = run(seed=101)[-1].state("with")
    x = arranged("mixed")[0]
    other = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
    together, apart = (walk(weights, part, "sigmoid", "before", 0)[1] for part in (x, x[other]))
    torch.testing.assert_close(together[other], apart, rtol=0, atol=1e-12)
    in_train = [walk(weights, part, "sigmoid", "before", 50)[1] for part in (x, x[other])]
    assert float((in_train[0][other] - in_train[1]).abs().max()) > 0.1


def test_train_mode_is_measured_with_and_without_company() -> None:
    for seed in SEEDS:
        numbers = run(seed=seed)[-1].numbers
        assert 0 < numbers["changed"] < 0.5
        assert numbers["accuracy_batch"] > 0.7
        assert numbers["accuracy_sorted"] < numbers["accuracy_batch"] - 0.3
    weights = run(seed=101)[-1].state("with")
    assert train_mode(weights, "sigmoid", "before", 50)["changed"] == run(seed=101)[-1].numbers["changed"]


def test_at_the_start_the_running_statistics_know_nothing() -> None:
    first, last = run(seed=101)[0], run(seed=101)[-1]
    far = [
        np.abs(np.subtract(*page.read(c, View()).own - page.read(c, View()).kept)).max()
        for c in (first, last)
    ]
    assert far[0] > 3 * far[1]
    assert not page.read(first, View()).kept[0].any()
    assert (page.read(first, View()).kept[1] == 1).all()


# -- what breaks it ----------------------------------------------------------------------------------------


def test_torch_refuses_a_batch_of_one() -> None:
    settings = {**QUICK, **page.BREAKS["batch_one"]}
    first, last = run(**settings)[0], run(**settings)[-1]
    with pytest.raises(ValueError) as raised:
        nn.BatchNorm1d(4)(torch.zeros(1, 4))
    assert refusal(torch.zeros(1, 4)) == str(raised.value)
    assert refusal(torch.zeros(2, 4)) == ""
    for name, value in last.weights.items():
        assert np.array_equal(value, first.weights[name]) == name.startswith("with."), name
    say = page.see(last, read(**settings))[0]
    assert say.key == "refused"
    assert "Expected more than 1 value per channel" in say.values["message"]
    assert "accuracy_batch" not in last.numbers
    assert not [say.key for say in page.see(last, read(**settings)) if say.key.endswith("_with")]
    for picture in (page.picture_signal, page.picture_gradient):
        drawn = picture([read(**settings)]).frames[0]
        assert "series.normalised" not in {str(trace["name"]) for trace in drawn}
    assert headline(**settings)["largest_rate_with"] == 0


def test_one_digit_would_lose_everything() -> None:
    x = drawn(1, 6)
    zeros, ones = torch.zeros(1, 6, dtype=torch.float64), torch.ones(1, 6, dtype=torch.float64)
    assert not normalise(x, *batch_statistics(x), ones, zeros).any()


def test_of_two_digits_only_the_larger_is_known() -> None:
    for seed in SEEDS:
        reading = read(seed=seed, batch=2, steps=100)
        assert reading.signs > 0.9
        assert reading.numbers["accuracy_with"] < run(seed=seed)[-1].numbers["accuracy_with"] - 0.3
    assert read(seed=101).signs < 0.6
    assert "signs" in said(seed=101, batch=2)
    x = torch.tensor([[3.0], [3.5]], dtype=torch.float64)
    one, zero = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    torch.testing.assert_close(
        normalise(x, *batch_statistics(x), one, zero).abs(), torch.ones(2, 1).double(), rtol=0, atol=1e-3
    )


def test_a_rate_can_be_too_high_for_it_too() -> None:
    accuracies = [
        run(seed=seed, steps=100, **page.BREAKS["rate"])[-1].numbers["accuracy_with"] for seed in SEEDS
    ]
    assert sum(accuracy < 0.5 for accuracy in accuracies) >= 7
    assert "faint_with" in said(seed=101, **page.BREAKS["rate"])


# -- where a signal dies -----------------------------------------------------------------------------------


def test_dead_is_the_first_layer_below_one_percent() -> None:
    assert dead_layer([0.5, DEAD, DEAD * 0.99, 0.2]) == 3
    assert dead_layer([0.5, 0.02]) == -1
    assert dead_layer([0.5, float("nan")]) == 2


def test_the_signal_is_the_spread_over_the_images() -> None:
    x = drawn(30, 4)
    assert spread(x) == pytest.approx(float(np.sqrt(x.numpy().var(axis=0).mean())))
    assert spread(x[:1].expand(30, 4)) == pytest.approx(0)
    reading, pixels = read(seed=101), arranged("mixed")[0][:SEEN]
    layers = walk(run(seed=101)[-1].state("without"), pixels, "sigmoid", "", 0)[0]
    expected = pytest.approx([spread(layer.out) / spread(pixels) for layer in layers])
    assert reading.along("signal", "without") == expected
    assert reading.signals["without"].tolist() == expected


def test_where_the_signal_is_dead_at_the_end_nothing_was_learnt() -> None:
    """The criterion, against what was learnt. The other way round it does not hold, and the page says so."""
    dead = {}
    for activation in ("sigmoid", "tanh", "relu"):
        for depth, scale in ((2, 1.0), (6, 1.0), (6, 2.0), (10, 1.0)):
            case = {"activation": activation, "depth": depth, "scale": scale}
            numbers = headline(seed=103, steps=100, **case)
            dead[activation, depth, scale] = numbers["dead_layer_without"] > 0
            assert not dead[activation, depth, scale] or numbers["accuracy_without"] < 0.3, case
    assert 5 <= sum(dead.values()) <= 8


# -- what the page says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "view", "key"),
    [
        ({}, {}, "only_with"),
        ({}, {}, "dies_without"),
        ({}, {}, "alive_with"),
        ({}, {}, "modes"),
        ({}, {"mode": "train", "order": "sorted"}, "sorted"),
        ({"batch": 1}, {}, "refused"),
        ({"rate": 20.0}, {}, "neither"),
        ({"activation": "relu", "scale": 5.0}, {}, "nan_without"),
    ],
)
def test_it_says_what_was_measured(settings: dict[str, Any], view: dict[str, Any], key: str) -> None:
    assert key in said(seed=101, view=view, **settings)


def test_every_sentence_has_words() -> None:
    for settings in ({}, {"batch": 1}, {"batch": 2}, {"rate": 20.0}, {"activation": "relu", "rate": 20.0}):
        checkpoint, reading = run(seed=101, **settings)[-1], read(seed=101, **settings)
        has_words("batch_norm", page.see(checkpoint, reading), page.formula(reading))


def test_the_formula_adds_up() -> None:
    for mode in ("train", "eval"):
        values = page.formula(read(seed=101, view={"mode": mode, "layer": 2, "unit": 5}))
        hat = (values["raw"] - values["mean"]) / np.sqrt(values["var"] + EPS)
        assert hat == pytest.approx(values["hat"])
        assert values["gamma"] * hat + values["beta"] == pytest.approx(values["y"])


# -- the pictures ------------------------------------------------------------------------------------------


def test_histograms_hold_every_number() -> None:
    values = torch.tensor([-9.0, -REACH, 0.01, 0.02, 3.99, 50.0, float("nan")])
    found = shares(values)
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(2 / 6)
    assert found[-1] == pytest.approx(2 / 6)
    assert not shares(torch.tensor([float("nan")])).any()
    for mode in ("train", "eval"):
        reading = read(seed=101, view={"mode": mode})
        for net in page.MODELS:
            np.testing.assert_allclose(reading.hills[net].sum(axis=1), 1)
            np.testing.assert_allclose(reading.needles[net].sum(axis=1), 1)


def test_a_dead_layers_unit_is_a_needle() -> None:
    for seed in SEEDS:
        reading = read(seed=seed)
        wide = {net: (reading.needles[net] > 0.01).sum(axis=1) for net in page.MODELS}
        assert (wide["without"][3:] <= 2).all()
        assert (wide["with"] > 8).all()


def test_the_main_picture_shows_the_readings_histograms() -> None:
    reading = read(seed=101)
    frame = page.picture_layers([reading]).frames[0]
    shape = frame[0]
    heights = np.array(shape["y"][1 : 1 + BINS]) + 1
    np.testing.assert_allclose(
        heights / norm_pictures.HILL,
        reading.hills["without"][0] / reading.hills["without"][0].max(),
        atol=2e-3,
    )
    words = [text for trace in frame if trace["mode"] == "text" for text in trace["text"]]
    assert [str(text) for text in words].count("row.dies") == 1
    assert sum(isinstance(text, Label) and str(text) == "head" for text in words) == 2
    sorted_ = read(seed=101, view=dict(page.BREAKS["sorted"]))
    heads = [
        text.values["accuracy"]
        for trace in page.picture_layers([sorted_]).frames[0]
        if trace["mode"] == "text"
        for text in trace["text"]
        if str(text) == "head"
    ]
    assert heads == [sorted_.numbers["accuracy_without"], sorted_.numbers["accuracy_sorted"]]
    refused = page.picture_layers([read(batch=1, **QUICK)]).frames[0]
    assert any(
        str(t) == "head.refused" for trace in refused if trace["mode"] == "text" for t in trace["text"]
    )


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_digits_by_hand_are_torchs(mode: str, place: str) -> None:
    settings = {**QUICK, "place": place}
    picture = page.picture_by_hand([read(view={"mode": mode, "layer": 2, "unit": 4}, **settings)])
    weights = run(**settings)[-1].state("with")
    norm = nn.BatchNorm1d(WIDTH, dtype=torch.float64)
    norm.load_state_dict({name: weights[f"norm.1.{name}"] for name in norm.state_dict()})
    norm.train(mode == "train")
    x = torch.zeros(4, WIDTH, dtype=torch.float64)
    x[:, 3:6] = torch.as_tensor(cells(picture, "raw").T)
    np.testing.assert_allclose(cells(picture, "y"), norm(x)[:, 3:6].T.detach(), rtol=0, atol=1e-6)
    if mode == "train":
        np.testing.assert_allclose(cells(picture, "raw").mean(axis=1, keepdims=True), cells(picture, "mean"))
        np.testing.assert_allclose(cells(picture, "raw").var(axis=1, keepdims=True), cells(picture, "var"))


def test_the_curves_and_points_are_the_readings() -> None:
    rates = (0.02, 0.1, 1.0)
    reading = read(*rates, **QUICK)
    first = page.picture_rates([reading]).frames[0][0]
    assert first["x"] == list(rates)
    assert first["y"] == [reading.numbers[f"accuracy_without_{rate:g}"] for rate in rates]
    signal = page.picture_signal([reading]).frames[0][0]
    assert signal["y"] == reading.signals["without"].tolist()
    gradient = page.picture_gradient([reading]).frames[0][1]
    assert gradient["y"] == reading.along("gradient", "with")
    points = page.picture_statistics([reading]).frames[0][1]
    assert points["x"] == reading.own[0].tolist()
    assert points["y"] == reading.kept[0].tolist()
    sweep = page.sweep_seed([0, 1], [reading, reading]).frames[0]
    assert [trace["y"] for trace in sweep[:2]] == [first["y"]] * 2
