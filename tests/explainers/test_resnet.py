"""What the page on ResNet teaches, on eight seeds that nobody picked."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import resnet as page
from explainers.resnet import LEARNS, Reading, Training, View
from explainers.support.contract import Checkpoint
from explainers.support.digits import digit_split
from explainers.support.powers import power
from explainers.support.residual_measure import (
    SEEN,
    by_hand,
    convolved,
    flow,
    inside,
    lesions,
    new_digits,
    rebuilt,
    slope,
    spread,
    worth,
)
from explainers.support.residual_nets import CHANNELS, SIDE, Block, ResidualNet, started
from explainers.support.residual_pictures import ink, shown
from tests.checks import cells, has_words

SEEDS = range(101, 108)
QUICK: dict[str, Any] = {"depth": 6, "steps": 40}


@cache
def run(**settings: Any) -> list[Checkpoint]:
    """The run as it is measured at its start, in its middle and at its end: between is half of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "checkpoint_steps", lambda steps, _: [0, steps // 2, steps])
        return list(page.train(Training(**settings)))


def read(view: dict[str, Any] | None = None, **settings: Any) -> Reading:
    return page.read(run(**settings)[-1], View(**(view or {})))


def said(**settings: Any) -> list[str]:
    return [say.key for say in page.see(run(**settings)[-1], read(**settings))]


def net(depth: int = 6, skip: float = 1.0, start: str = "torch", norm: bool = False) -> ResidualNet:
    return started(ResidualNet(depth, skip, norm), start, torch.Generator().manual_seed(3))


# -- the net -----------------------------------------------------------------------------------------------


def test_shapes_and_what_depth_counts() -> None:
    images = new_digits(5).images
    deep = net(22)
    assert deep(images).shape == (5, 10)
    assert [tuple(x.shape) for x in deep.stream(images)] == [(5, CHANNELS, SIDE, SIDE)] * 12
    assert sum(isinstance(layer, nn.Conv2d) for layer in deep.blocks.modules()) == 22


def test_a_block_is_its_formula() -> None:
    x = torch.randn(3, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with_skip, plain = Block(1.5, False), Block(0.0, False)
    plain.load_state_dict(with_skip.state_dict())
    torch.testing.assert_close(with_skip(x), 1.5 * x + plain(x))


def test_both_nets_start_alike_and_count_alike() -> None:
    first, last = run(**QUICK)[0], run(**QUICK)[-1]
    for name, value in first.arrays("skip").items():
        np.testing.assert_array_equal(value, first.weights[f"plain.{name}"])
    counts = last.parameters()
    assert counts["skip"] == counts["plain"] == 80 + 6 * (8 * 8 * 9 + 8) + 90


def test_every_start_is_the_same_draws() -> None:
    plain, he, zero = (dict(net(start=start).named_parameters()) for start in ("torch", "he", "zero"))
    for name, value in plain.items():
        if "conv" not in name:
            assert torch.equal(value, he[name]) and torch.equal(value, zero[name])
        elif name.endswith("weight"):
            torch.testing.assert_close(he[name], value * 6**0.5)
    assert float(plain["blocks.0.conv1.weight"].detach().abs().max()) <= 1 / (8 * 9) ** 0.5
    assert not zero["blocks.1.conv2.weight"].any()
    stream = net(start="zero").stream(new_digits(4).images)
    torch.testing.assert_close(stream[0], stream[-1])  # each block starts as doing nothing


# -- what is measured --------------------------------------------------------------------------------------


def test_a_block_taken_out_is_a_net_without_it() -> None:
    digits, whole = new_digits(60), net(8)
    found = lesions(whole, digits)
    for k in range(4):
        less = net(8)
        del less.blocks[k]
        right = (less(digits.images).argmax(dim=1) == digits.labels).float().mean()
        assert found[k] == pytest.approx(float(right))
    none = net(8)
    none.blocks = nn.ModuleList()
    right = (none(digits.images).argmax(dim=1) == digits.labels).float().mean()
    assert found[-1] == pytest.approx(float(right))


def test_signal_and_gradient_are_torchs() -> None:
    digits, own = new_digits(SEEN), net()
    numbers = inside(own, digits.images, digits.labels)
    stream = [x.detach() for x in own.stream(digits.images)]
    nn.functional.cross_entropy(own(digits.images), digits.labels).backward()
    assert numbers["signal_0"] == 1
    expected = stream[3].flatten(1).std(0, correction=0).square().mean().sqrt()
    assert numbers["signal_3"] == pytest.approx(float(expected) / spread(stream[0]), rel=1e-4)
    gradient = own.each[1].conv2.weight.grad
    assert gradient is not None
    assert numbers["gradient_4"] == pytest.approx(float(gradient.norm()), rel=1e-5)
    F = (own.each[0](stream[0]) - stream[0]).detach()
    assert numbers["added_1"] == pytest.approx(float(F.norm() / stream[0].norm()), rel=1e-4)


def test_measuring_leaves_the_net_as_it_is() -> None:
    own, digits = net(norm=True), new_digits(SEEN)
    before = {name: value.clone() for name, value in own.state_dict().items()}
    inside(own, digits.images, digits.labels)
    assert all(torch.equal(value, before[name]) for name, value in own.state_dict().items())
    assert all(parameter.grad is None for parameter in own.parameters())


def test_what_sets_a_digit_apart() -> None:
    last = run(**QUICK)[-1]
    found = flow(last, "skip")
    assert found.shape == (10, 4, SIDE, SIDE)
    own, digits = rebuilt(last, "skip"), new_digits(SEEN)
    x = own.stream(digits.images)[2].detach()
    row = int((digits.labels == 4).nonzero()[0])
    apart = (x[row] - x.mean(dim=0)).square().mean(dim=0).sqrt() / spread(own.enter(digits.images))
    np.testing.assert_allclose(found[4, 2], apart, rtol=1e-4)


@pytest.mark.parametrize("settings", [{}, {"norm": True}, {"skip": 2}])
def test_the_block_by_hand_is_torchs(settings: dict[str, Any]) -> None:
    last = run(**QUICK, **settings)[-1]
    own = rebuilt(last, "skip").double().eval()
    digits = new_digits()
    right = (own(digits.images.double()).argmax(dim=1) == digits.labels).double().mean()
    assert last.numbers["accuracy_skip"] == pytest.approx(float(right), abs=0.003)
    row = int((digits.labels == 5).nonzero()[0])
    stream = own.stream(digits.images[row : row + 1].double())
    for block, channel in ((1, 1), (3, 8)):
        hand = by_hand(last, block, channel, 5)
        expected = stream[block][0, channel - 1].detach()
        np.testing.assert_allclose(hand.y, expected, rtol=0, atol=1e-6)
        np.testing.assert_allclose(hand.x, stream[block - 1][0, channel - 1].detach(), rtol=0, atol=1e-6)
        np.testing.assert_allclose(hand.parts.sum(axis=0) + hand.bias, hand.F, rtol=0, atol=1e-9)


def test_sliding_by_hand_is_torchs_convolution() -> None:
    rng = np.random.default_rng(0)
    maps, kernels = rng.normal(size=(CHANNELS, SIDE, SIDE)), rng.normal(size=(CHANNELS, 3, 3))
    theirs = nn.functional.conv2d(
        torch.tensor(maps)[None], torch.tensor(kernels)[:, None], padding=1, groups=8
    )
    np.testing.assert_allclose(convolved(maps, kernels), theirs[0], rtol=0, atol=1e-12)


def test_the_slope_is_what_moves() -> None:
    """∂y/∂x = skip + F′, against a small push."""
    last = run(**QUICK)[-1]
    own, digits = rebuilt(last, "skip").double().eval(), new_digits(SEEN)
    row = int((digits.labels == 3).nonzero()[0])
    x = own.stream(digits.images[row : row + 1].double())[0].detach()
    reading = read({"block": 1, "channel": 2}, **QUICK)
    r, c = reading.hand.spot
    assert reading.hand.x[r, c] > 0
    pushed = x.clone()
    pushed[0, 1, r, c] += 1e-6
    moved = float((own.each[0](pushed) - own.each[0](x))[0, 1, r, c].detach()) / 1e-6
    assert slope(last, 1, 2, 3, (r, c)) + 1 == pytest.approx(moved, abs=1e-5)
    values = page.formula(reading)
    assert values["whole"] == pytest.approx(moved, abs=1e-5)
    assert values["y"] == pytest.approx(values["skip"] * values["x"] + values["F"])


# -- the claim ---------------------------------------------------------------------------------------------


def test_only_the_net_with_shortcuts_learns() -> None:
    """On eight seeds; signal and gradient die in the plain one, before the training and after it."""
    right, middle = [], []
    for seed in SEEDS:
        first, last = run(seed=seed)[0], run(seed=seed)[-1]
        right.append(last.numbers["accuracy_skip"])
        assert last.numbers["accuracy_plain"] < 0.2
        assert last.numbers["gradient_start_plain"] < 1e-6 * last.numbers["gradient_start_skip"]
        assert last.numbers["gradient_start_skip"] == first.numbers["gradient_skip_1"]
        before, after = page.read(first, View()), page.read(last, View())
        assert before.along("signal", "plain")[-1] < 1e-6
        assert 0.5 < before.along("signal", "skip")[-1] < 2
        assert max(before.along("added", "skip")) < 0.5  # each block starts as doing almost nothing
        assert np.mean(after.along("added", "skip")) > np.mean(before.along("added", "skip"))
        costs = after.costs("skip")
        middle.append(float(np.median(costs)))
        assert worth(last, "skip")[-1] < right[-1] - 0.4  # the blocks do the work
        if right[-1] >= LEARNS:
            has_words("resnet", page.see(last, after))
    assert sum(one >= LEARNS for one in right) >= 7
    assert sum(one < 0.06 for one in middle) >= 7
    assert "only_skip" in said(seed=101) and "nothing_to_lose_plain" in said(seed=101)


def test_the_loss_falls_and_the_run_is_the_same_again() -> None:
    first, last = run(seed=101)[0].numbers, run(seed=101)[-1].numbers
    assert last["loss_skip"] < first["loss_skip"] - 0.8
    assert list(page.train(Training(**QUICK)))[-1].numbers == run(**QUICK)[-1].numbers


def test_two_blocks_need_no_shortcut() -> None:
    for seed in (101, 102):
        assert run(seed=seed, **page.BREAKS["shallow"])[-1].numbers["accuracy_plain"] > 0.4
    assert "lesion_plain" in said(seed=101, **page.BREAKS["shallow"])


def test_with_batch_norm_the_plain_net_learns_too_and_misses_a_block_more() -> None:
    for seed in (101,):
        settings = {"seed": seed, **page.BREAKS["norm"]}
        numbers, reading = run(**settings)[-1].numbers, read(**settings)
        assert numbers["accuracy_plain"] > 0.35
        assert numbers["accuracy_skip"] > numbers["accuracy_plain"]
        assert np.median(reading.costs("plain")) > np.median(reading.costs("skip")) + 0.15
        assert numbers["gradient_start_plain"] > numbers["gradient_start_skip"]


def test_what_breaks_it() -> None:
    doubled = read(seed=101, **page.BREAKS["doubled"])
    assert page.read(run(seed=101, **page.BREAKS["doubled"])[0], View()).along("signal", "skip")[-1] > 1000
    assert doubled.numbers["accuracy_skip"] < run(seed=101)[-1].numbers["accuracy_skip"]
    assert "grows_skip" in said(seed=101, **page.BREAKS["doubled"])
    rate: dict[str, Any] = {"seed": 101, "rate": 0.1, "steps": 40}
    assert "neither" in said(**rate)
    has_words("resnet", page.see(run(**rate)[-1], read(**rate)))


def test_weights_made_for_plain_stacks_keep_its_signal_and_the_shortcut_makes_it_grow() -> None:
    for seed in (101, 102):
        numbers = run(seed=seed, steps=40, **page.BREAKS["he"])[-1].numbers
        assert numbers["signal_start_skip"] > 4
        assert 0.005 < numbers["signal_start_plain"] < 1  # with torch's: below a millionth


def test_zeros_at_the_start_let_nothing_through_the_plain_net() -> None:
    settings = {"seed": 101, "start": "zero", **QUICK}
    start = page.read(run(**settings)[0], View())
    assert start.along("added", "skip") == [0.0] * 3
    assert start.along("signal", "plain")[-1] == 0
    assert "gradient_none" in said(**settings)
    has_words("resnet", page.see(run(**settings)[-1], read(**settings)))


# -- the page ----------------------------------------------------------------------------------------------


def test_the_pictures_say_what_the_reading_says() -> None:
    reading = read({"digit": 4, "block": 2}, **QUICK)
    picture = page.picture_flow([reading])
    np.testing.assert_array_equal(cells(picture, "skip2"), ink(reading.flows["skip"][2]))
    assert cells(picture, "right_plain")[0, 0] == reading.numbers["accuracy_plain"]
    block = page.picture_block([reading])
    np.testing.assert_array_equal(cells(block, "y"), reading.hand.y)
    assert cells(picture, "skip2_left")[0, 0] == power(reading.along("signal", "skip")[2])
    row = page.picture_gradient([reading]).frames[0][1]
    assert (row["name"], row["y"]) == ("series.plain", reading.along("gradient", "plain"))
    assert page.picture_added([reading]).frames[0][0]["y"] == reading.along("added", "skip")
    points = page.picture_lesion([reading]).frames[0][0]
    np.testing.assert_allclose(points["y"], worth(run(**QUICK)[-1], "skip")[:-1])
    assert points["marker"]["size"] == [8, 15, 8]


def test_what_is_said_is_what_was_measured() -> None:
    reading = read({"block": 2}, **QUICK)
    left = {"signal_plain_0": 1.0, "signal_plain_1": 0.2, "signal_plain_2": 0.003, "signal_plain_3": 0.002}
    made = replace(reading, numbers={**reading.numbers, **left, "accuracy_skip": 0.9})
    dies = page.see_signal(made, "plain")
    assert (dies.key, dies.values["block"], dies.values["last"]) == ("dies_plain", 2, power(0.002))
    costs, lesion = made.costs("skip"), page.see_lesion(made, "skip")
    assert lesion.key == "lesion_skip"
    assert (lesion.values["worst"], lesion.values["cost"]) == (1 + int(np.argmax(costs)), max(costs))


def test_a_sweep_counts_from_where_on_a_net_does_not_learn() -> None:
    reading, depths = read(**QUICK), (4, 6, 8, 12)
    rows = {"plain": (0.9, 0.1, 0.8, 0.2), "skip": (0.9, 0.8, 0.7, 0.6)}
    readings = [
        replace(
            reading, numbers={**reading.numbers, **{f"accuracy_{net}": row[i] for net, row in rows.items()}}
        )
        for i in range(len(depths))
    ]
    skip, plain = page.see_sweep("depth", depths, readings)
    assert (plain.key, plain.values["deepest"], plain.values["stops"]) == ("depth_plain", 8, 12)
    assert (skip.key, skip.values["low"], skip.values["high"]) == ("depth_all_skip", 0.6, 0.9)
    (seeds,) = page.see_sweep("seed", depths, readings)
    assert (seeds.values["skip"], seeds.values["plain"], seeds.values["n"]) == (4, 2, 4)
    for trace in page.sweep_depth(depths, readings).frames[0][:2]:
        assert list(trace["y"]) == list(rows[trace["name"].removeprefix("series.")])


def test_ink_is_half_at_the_spread_and_never_full() -> None:
    np.testing.assert_allclose(ink(np.array([0.0, 1.0, 3.0, np.nan])), [0, 0.5, 0.75, 0])


@pytest.mark.parametrize(("n", "last"), [(2, 2), (7, 7), (11, 11), (16, 16)])
def test_the_main_picture_has_room(n: int, last: int) -> None:
    places = shown(n)
    assert places[0] == 0 and places[-1] == last and len(places) <= 7


def test_before_the_end_a_block_is_worth_what_it_is_then() -> None:
    middle = run(**QUICK)[1]
    own = rebuilt(middle, "skip")
    assert worth(middle, "skip") == lesions(own, new_digits())
    assert not page.picture_lesion([page.read(middle, View())]).frames[0]
    keys = [say.key for say in page.see(middle, page.read(middle, View()))]
    assert not any("lesion" in key or "lose" in key for key in keys)


def test_a_block_beyond_the_last_is_the_last() -> None:
    assert read({"block": 16}, **QUICK).block == 3


def test_the_digits_are_new_to_the_nets() -> None:
    learn, test = digit_split(2)
    assert not (learn.images[:, None, :3] == test.images[:1, :3][None]).flatten(1).all(dim=1).all()
    assert torch.equal(new_digits().images, test.images[:500])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "digit_split", lambda shrink: (digit_split(shrink)[0], None))
        steps = page.train(Training(**QUICK))  # looks at no test digit
        assert [next(steps).step for _ in range(2)] == [0, 2]
