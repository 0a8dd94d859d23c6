"""What the page on transfer teaches: when a base saves data, when it costs some; what is forgotten."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from explainers import transfer as page
from explainers.support import transfer_learning as learning
from explainers.support import transfer_pictures, transfer_reading
from explainers.support.digits import digit_split
from explainers.support.init import seeded
from explainers.support.transfer_data import first_of_each, other_hands, problem
from explainers.support.transfer_learning import BATCH, DRAWS, HEAD_RATE, KINDS, RATE, Kept
from explainers.support.transfer_nets import FEATURES, LAYERS, Net, Stack, each_loss, pooled, rights, through
from explainers.support.transfer_reading import Reading, has_seen, layer_counts, verdict
from explainers.transfer import Training, View
from tests.checks import cells, has_words

SEEDS = range(301, 309)
FEW = (1, 10)  # images per class: enough for the claims, and a third of the work
QUICK: dict[str, Any] = {"base_steps": 24, "steps": 24}
WIDE = page.BREAKS["wide"]


@contextmanager
def sizes(*few: int) -> Iterator[None]:
    """Fewer training sets than the page has, and a repetition less."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (learning, transfer_reading):
            patch.setattr(module, "DRAWS", 2)
        for module in (learning, transfer_pictures, transfer_reading):
            patch.setattr(module, "SIZES", few or FEW)
        yield


@contextmanager
def ends_only(count: int) -> Iterator[None]:
    """Measure at the start and at the end: what lies between is most of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "checkpoint_steps", lambda steps, _: [0, steps][-count:])
        yield


@cache
def run(**settings: Any) -> tuple[Kept, ...]:
    """First and last checkpoint of a run with few training sets."""
    with sizes(), ends_only(2):
        return tuple(page.train(Training(**settings)))


def numbers(**settings: Any) -> dict[str, float]:
    return run(**settings)[-1].numbers


def read(at: int = -1, view: dict[str, Any] | None = None, **settings: Any) -> Reading:
    return page.read(run(**settings)[at], View(**(view or {})))


def said(view: dict[str, Any] | None = None, **settings: Any) -> list[str]:
    with sizes():
        return [say.key for say in page.see(run(**settings)[-1], read(view=view, **settings))]


def gain(size: int, kind: str = "frozen", **settings: Any) -> float:
    found = numbers(**settings)
    return found[f"accuracy_{kind}_{size}"] - found[f"accuracy_scratch_{size}"]


def contest(**settings: Any) -> tuple[learning.Contest, torch.Generator]:
    """What a run begins with, of 24 steps of base."""
    generator = torch.Generator().manual_seed(5)
    starts = learning.bases(settings.get("base", "04"), False, 24, generator)
    new = learning.task("59", generator)
    return learning.Contest(new, starts, settings.get("rate", RATE), generator), generator


# -- the claim ---------------------------------------------------------------------------------------------


def test_a_narrow_base_costs_data() -> None:
    """Features of 0–4, frozen, on 5–9: behind training from nothing in every seed here."""
    assert sum(gain(10, seed=seed) < -0.04 for seed in SEEDS) >= 7
    assert sum(gain(1, seed=seed) < 0 for seed in SEEDS) >= 7
    assert "frozen_lose" in said(seed=301)


def test_a_wide_base_saves_data() -> None:
    """All ten digits, then all ten by other hands: ahead in every seed here, most with one image each."""
    assert sum(gain(1, seed=seed, **WIDE) > 0.02 for seed in SEEDS) >= 7
    assert sum(gain(10, seed=seed, **WIDE) > 0.0 for seed in SEEDS) >= 7
    assert sum(gain(1, seed=seed, **WIDE) > gain(10, seed=seed, **WIDE) for seed in SEEDS) >= 7
    assert "frozen_win" in said(seed=301, **WIDE)


def test_more_steps_do_not_rescue_frozen_features() -> None:
    """Neither a head that has not learnt to the end nor a lucky rate is why they are behind."""
    with sizes(10), ends_only(1):
        for rate in (0.01, 0.1):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(learning, "HEAD_RATE", rate)
                *_, last = page.train(Training(seed=302, steps=300))
            assert last.numbers["accuracy_frozen_10"] < last.numbers["accuracy_scratch_10"] - 0.04


def test_fine_tuning_forgets() -> None:
    """The base's own digits are answered worse in every seed; a gentle rate keeps most of them."""
    for seed in SEEDS:
        found = numbers(seed=seed)
        assert found["base_accuracy"] > 0.95
        assert 0.7 < found["base_tuned_10"] < found["base_accuracy"]
    assert "forgot" in said(seed=303)


# -- what breaks it ----------------------------------------------------------------------------------------


def test_noise_teaches_nothing_that_random_features_do_not_have() -> None:
    seeds = (301, 302, 303)
    # Near chance, 0.2, on the mean: like digits get the same wrong name, or now and then the right one.
    assert np.mean([numbers(seed=seed, **page.BREAKS["shuffled"])["base_accuracy"] for seed in seeds]) < 0.45
    for seed in seeds:
        noise = numbers(seed=seed, **page.BREAKS["shuffled"])
        random, narrow = numbers(seed=seed, base="none"), numbers(seed=seed)
        assert noise["accuracy_frozen_10"] < random["accuracy_frozen_10"] + 0.03
        assert random["chance"] + 0.2 < random["accuracy_frozen_10"] < narrow["accuracy_frozen_10"]
        assert noise["alive"] < narrow["alive"]
    assert "base_shuffled" in said(seed=301, **page.BREAKS["shuffled"])


def test_too_high_a_rate_throws_the_base_away() -> None:
    for seed in (301, 302, 303):
        broken, gentle = numbers(seed=seed, **page.BREAKS["rate"]), numbers(seed=seed)
        assert broken["accuracy_tuned_10"] < gentle["accuracy_tuned_10"] - 0.04
        assert broken["base_tuned_10"] < gentle["base_tuned_10"] - 0.3
        assert broken["accuracy_frozen_10"] == gentle["accuracy_frozen_10"]
    assert {"tuned_lose", "forgot"} <= set(said(seed=302, **page.BREAKS["rate"]))


def test_ten_classes_alone_do_not_make_a_base_wide() -> None:
    assert all(gain(10, seed=seed, **page.BREAKS["few_hands"]) < 0 for seed in (301, 302, 303))


# -- what is frozen ----------------------------------------------------------------------------------------


def test_only_the_head_of_a_frozen_net_has_a_gradient() -> None:
    found, generator = contest()
    for _ in range(3):
        found.step(generator)
    for kind, stack in found.stacks.items():
        for name, value in stack.values.items():
            learns = kind != "frozen" or name.startswith("head")
            assert value.requires_grad == learns
            assert (value.grad is not None) == learns
            assert torch.equal(value, found.before[kind][name]) != learns
    first, last = run(seed=301)
    for i in LAYERS[:3]:
        assert last.numbers[f"moved_frozen_10_{i}"] == 0 < last.numbers[f"moved_tuned_10_{i}"]
    assert all(first.numbers[f"moved_{kind}_10_head"] == 0 for kind in KINDS)
    assert all(last.numbers[f"moved_{kind}_10_head"] > 0 for kind in KINDS)
    parts = {name: value for name, value in last.weights.items() if name.startswith("frozen")}
    assert {name.split(".")[1] for name in parts} == {"head"}


def test_features_worked_out_once_are_the_frozen_net() -> None:
    """The same net, its features without a gradient, on the images themselves: the same head in the end."""
    found, generator = contest()
    state = generator.get_state()
    for _ in range(4):
        found.step(generator)
    k = 4  # three images per class, the second draw
    net = Net(5)
    net.load_state_dict({name: value[k].detach() for name, value in found.before["frozen"].items()})
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(name.startswith("head"))
    optimiser = torch.optim.Adam(net.head.parameters(), lr=HEAD_RATE)
    again = torch.Generator()
    again.set_state(state)
    for _ in range(4):
        rows = found.new.rows(again)[k]
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(found.new.images[1, rows]), found.new.labels[1, rows]).backward()
        optimiser.step()
    torch.testing.assert_close(
        net.head.weight, found.stacks["frozen"].values["head.weight"][k], rtol=0, atol=1e-6
    )


def test_a_stack_learns_as_each_net_alone() -> None:
    generator = torch.Generator().manual_seed(3)
    nets = [seeded(Net(5), generator) for _ in range(3)]
    stack = Stack(nets)
    learn = problem("59")[0]
    together = torch.optim.Adam(stack.learnt(), lr=0.01)
    alone = [torch.optim.Adam(net.parameters(), lr=0.01) for net in nets]
    for _ in range(3):
        rows = torch.randint(500, (3, BATCH), generator=generator)
        together.zero_grad()
        each_loss(stack.forward(learn.images[rows]), learn.labels[rows]).backward()
        together.step()
        for net, optimiser, own in zip(nets, alone, rows, strict=True):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(learn.images[own]), learn.labels[own]).backward()
            optimiser.step()
    images = learn.images[:7]
    expected = torch.stack([net(images) for net in nets])
    torch.testing.assert_close(stack.forward(images, shared=True), expected, rtol=0, atol=1e-5)
    features = torch.stack([net.features(images) for net in nets])
    torch.testing.assert_close(stack.decide(features), expected, rtol=0, atol=1e-5)


def test_shapes() -> None:
    net, x = Net(10), torch.zeros(2, 1, 14, 14)
    assert [tuple(part.shape) for part in net.maps(x)] == [(2, 6, 10, 10), (2, 16, 3, 3)]
    assert tuple(net.features(x).shape) == (2, FEATURES)
    assert tuple(net(x).shape) == (2, 10)
    assert sum(layer_counts(10).values()) == sum(p.numel() for p in net.parameters())


def test_the_pooling_is_torchs() -> None:
    x = torch.randn(2, 3, 10, 10, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(pooled(x), nn.functional.max_pool2d(x, 2))


def test_the_way_through_given_weights_is_that_of_the_net() -> None:
    net = seeded(Net(5), torch.Generator().manual_seed(1))
    x = torch.rand(3, 1, 14, 14, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = through({name: value.numpy() for name, value in net.state_dict().items()}, x)
    net.double()
    expected = (*net.maps(x), net.features(x), net(x))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_convolutions_start_as_torchs_do() -> None:
    layer = seeded(nn.Conv2d(6, 16, 3), torch.Generator().manual_seed(1))
    for parameter in layer.parameters():
        assert 0.9 / np.sqrt(54) < float(parameter.detach().abs().max()) <= 1 / np.sqrt(54)


def test_an_answer_that_is_no_number_is_not_right() -> None:
    logits = torch.tensor([[[float("nan"), 1.0], [0.0, 1.0]]])
    assert rights(logits, torch.tensor([0, 1])).tolist() == [0.5]


# -- the comparison is fair --------------------------------------------------------------------------------


def test_all_start_alike_where_they_can() -> None:
    found, _ = contest()
    for k in range(len(found.draw)):
        base = found.starts[k % DRAWS]
        for name in ("conv1.weight", "dense.bias"):
            assert torch.equal(found.stacks["scratch"].values[name][k], base.first[name])
            for kind in ("frozen", "tuned"):
                assert torch.equal(found.stacks[kind].values[name][k], base.trained[name])
        heads = [found.stacks[kind].values["head.weight"][k] for kind in KINDS]
        assert all(torch.equal(heads[0], head) for head in heads)


def test_without_a_base_fine_tuning_is_training_from_nothing() -> None:
    found = numbers(seed=301, base="none")
    for size in FEW:
        assert found[f"accuracy_tuned_{size}"] == found[f"accuracy_scratch_{size}"]
    assert "base_none" in said(seed=301, base="none")
    drawn = page.picture_forgetting([read(seed=301, base="none")]).frames[0]
    assert [str(trace["text"][0]) for trace in drawn] == ["no_base"]


def test_smaller_training_sets_are_beginnings_with_as_many_of_each() -> None:
    labels = torch.arange(5).repeat(40)
    rows = first_of_each(labels, 5, 30, torch.Generator().manual_seed(1))
    for n in (1, 3, 30):
        assert torch.bincount(labels[rows[: 5 * n]]).tolist() == [n] * 5
    assert len(set(rows.tolist())) == 150


def test_no_test_digit_is_learnt() -> None:
    for group in ("04", "59", "all", "other"):
        learn, test = problem(group)
        seen = {image.numpy().tobytes() for image in learn.images}
        same = sum(image.numpy().tobytes() in seen for image in test.images)
        assert same == 0, group


def test_a_group_holds_its_digits() -> None:
    learn = digit_split(2)[0]
    for group, low, high in (("04", 0, 4), ("59", 5, 9)):
        part = problem(group)[0]
        inside = (learn.labels >= low) & (learn.labels <= high)
        assert torch.equal(part.labels + low, learn.labels[inside])
        assert torch.equal(part.images[:, 0], learn.images[inside])


def test_the_digits_by_other_hands_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    theirs = load_digits()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0)).numpy()
    learn, test = other_hands()
    assert torch.cat([test.labels, learn.labels]).tolist() == theirs.target[order].tolist()
    images = torch.cat([test.images, learn.images])
    assert tuple(images.shape) == (1797, 14, 14)
    inside = images[:, 2:-2, 2:-2]
    assert not images[:, :2].any() and not images[:, :, -2:].any()
    assert 0 <= float(images.min()) < float(images.max()) == 1
    # Half as large as 8 × 8, one pixel for each quarter: what both copies agree on.
    quarters = nn.functional.adaptive_avg_pool2d(inside[:, None], 2)[:, 0]
    own = torch.from_numpy(theirs.images[order]).float() / 16
    expected = nn.functional.adaptive_avg_pool2d(own[:, None], 2)[:, 0]
    assert float((quarters - expected).abs().max()) < 0.12


# -- what it costs -----------------------------------------------------------------------------------------


def test_only_the_head_is_counted_as_learnt_where_features_are_frozen() -> None:
    last = run(seed=301)[-1]
    counts = layer_counts(5)
    assert last.parameters() == {
        "scratch": sum(counts.values()), "frozen": counts["head"], "tuned": sum(counts.values())
    }  # fmt: skip
    head = page.headline(last, read(seed=301))
    assert head["trained_share"] == counts["head"] / sum(counts.values())


def test_frozen_is_cheap() -> None:
    """By far, so that what else runs on the machine does not decide."""
    for seed in SEEDS:
        found = page.headline(run(seed=seed)[-1], read(seed=seed))
        assert 0 < found["seconds_frozen"] < found["seconds_scratch"] / 3


def test_cpu_time_is_shared_out_among_the_nets() -> None:
    found, generator = contest()
    found.step(generator)
    found.seconds = {"features": 15.0, "scratch": 30.0, "frozen": 45.0, "tuned": 60.0}
    kept = learning.recorded(1, 1, found, "04", 6.0, {})
    assert kept.seconds == {"features": 1, "scratch": 2, "frozen": 4, "tuned": 4, "base": 6 / DRAWS}
    alive = [(features.amax(dim=0) > 0).sum() for features in found.test_features]
    assert kept.numbers["alive"] == pytest.approx(float(sum(alive)) / DRAWS)
    then = torch.stack([start.trained["conv2.weight"] for start in found.starts])
    now = found.stacks["tuned"].values["conv2.weight"].detach()[:DRAWS]
    far = (now - then).flatten(1).norm(dim=1) / then.flatten(1).norm(dim=1)
    assert kept.numbers["moved_tuned_1_conv2"] == pytest.approx(float(far.mean()))


def test_cpu_time_is_no_number_of_the_seed() -> None:
    """It differs from run to run, so it stands apart from what is the same, bit for bit."""
    first = run(seed=301, **QUICK)[-1]
    with sizes(), ends_only(1):
        *_, again = page.train(Training(seed=301, **QUICK))
    assert first.numbers == again.numbers
    assert all(np.array_equal(value, again.weights[name]) for name, value in first.weights.items())
    assert not [name for name in first.numbers if "second" in name]
    assert first.seconds.keys() == again.seconds.keys()


def test_the_loss_of_all_three_falls() -> None:
    first, last = run(seed=301)
    for kind in KINDS:
        assert last.numbers[f"loss_{kind}_10"] < first.numbers[f"loss_{kind}_10"]


# -- what it reads -----------------------------------------------------------------------------------------


def test_a_run_names_what_it_needs() -> None:
    assert page.data(Training()) == page.DATA and page.packages(Training()) == ()
    assert page.packages(Training(target="other")) == page.PACKAGES
    assert page.data(Training(base="none", target="other")) == ()


def test_the_program_with_digits_by_other_hands_prints_the_same(tmp_path: Path) -> None:
    from explainers.support.script import script

    training = Training(base="none", target="other", **QUICK)
    text = script(page, training, View())
    assert "scikit-learn" in text.split('"""')[1]
    assert "scikit-learn" not in script(page, Training(), View()).split('"""')[1]
    file = tmp_path / "program.py"
    file.write_text(text)
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    *_, last = page.train(training)
    expected = page.headline(last, page.read(last, View()))
    assert {k: v for k, v in printed.items() if "seconds" not in k} == {
        k: v for k, v in expected.items() if "seconds" not in k
    }


# -- what the page says ------------------------------------------------------------------------------------


def test_less_than_two_points_is_a_draw() -> None:
    assert [verdict(gap) for gap in (-0.021, -0.019, 0.0, 0.021)] == ["lose", "draw", "draw", "win"]


def test_a_base_that_has_seen_the_new_digits_is_called_so() -> None:
    assert has_seen("all", "59") and has_seen("04", "04") and has_seen("04", "all")
    assert not has_seen("04", "59") and not has_seen("all", "other") and not has_seen("other", "all")
    assert not has_seen("none", "59")
    assert "seen" in said(seed=301, base="all", **QUICK)
    assert "seen" not in said(seed=301, **QUICK)


def test_every_sentence_has_words_whatever_was_measured() -> None:
    reading, first = read(seed=301, **QUICK), read(0, seed=301, **QUICK)
    keys = set()
    with sizes():
        for kind in ("frozen", "tuned"):
            for level in (0.2, 0.5, 0.8):
                made = {
                    key: (level if f"_{kind}_" in key else 0.5) if key.startswith("accuracy") else value
                    for key, value in reading.numbers.items()
                }
                for size in FEW:
                    found = page.see(run(seed=301)[-1], replace(reading, numbers=made, size=size))
                    has_words("transfer", found, page.formula(reading))
                    keys |= {say.key for say in found}
        cases: list[dict[str, Any]] = [
            {"labels": "shuffled"},
            *({"base": base} for base in page.SWEEPS["base"]),
        ]
        for case in cases:
            has_words(
                "transfer", page.see(run(seed=301, **QUICK, **case)[-1], read(seed=301, **QUICK, **case))
            )
        has_words("transfer", page.see(run(seed=301)[0], first))
        for field in page.SWEEPS:
            has_words("transfer", page.see_sweep(field, page.SWEEPS[field][:2], [first, reading]))
    for kind in ("frozen", "tuned", "few", "many"):
        assert {f"{kind}_{each}" for each in ("win", "lose", "draw")} <= keys


def test_the_sentences_have_the_numbers_of_the_reading() -> None:
    reading = read(seed=301)
    even = {**reading.numbers, "accuracy_frozen_10": reading.numbers["accuracy_scratch_10"]}
    with sizes():
        told = {say.key.partition("_")[0]: say.values for say in page.see(run(seed=301)[-1], reading)}
        draws = reading.draws("frozen", 10)
        (seeds,) = page.see_sweep("seed", (0, 1), [reading, replace(reading, numbers=even)])
    assert (told["frozen"]["low_frozen"], told["frozen"]["high_frozen"]) == (min(draws), max(draws))
    assert told["few"]["frozen"] == reading.accuracy("frozen", 1)
    assert (seeds.values["lose_at"], seeds.values["win_at"]) == (1, 0)


def test_the_base_is_said_to_be_kept_only_where_it_is() -> None:
    reading = read(seed=301)
    for right, key in ((0.93, "kept"), (0.5, "forgot")):
        made = {**reading.numbers, "base_accuracy": 0.95, "base_tuned_10": right}
        with sizes():
            assert key in [say.key for say in page.see(run(seed=301)[-1], replace(reading, numbers=made))]


# -- the pictures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", [1, 2, 500])
def test_the_logits_by_hand_are_torchs(digit: int) -> None:
    last = run(seed=301)[-1]
    reading = page.read(last, View(digit=digit))
    net = Net(5).double()
    weights = {**last.arrays("base"), **last.arrays("frozen_10")}
    net.load_state_dict({name: torch.from_numpy(value).double() for name, value in weights.items()})
    test = problem("59")[1]
    row = min(digit, len(test.labels)) - 1
    expected = net(test.images[row : row + 1].double())[0].detach()
    picture = page.picture_head([reading])
    drawn = {name: cells(picture, name) for name in ("features", "weights", "terms", "rest", "bias", "logit")}
    np.testing.assert_allclose(drawn["logit"][0], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(drawn["features"] * drawn["weights"], drawn["terms"], rtol=0, atol=1e-9)
    added = drawn["terms"].sum(axis=0) + drawn["rest"][0] + drawn["bias"][0]
    np.testing.assert_allclose(added, drawn["logit"][0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(cells(picture, "share")[0], expected.softmax(dim=0), rtol=0, atol=1e-9)
    assert reading.answers["frozen"] == 5 + int(expected.argmax())
    assert reading.label == 5 + int(test.labels[row])
    values = page.formula(reading)
    assert values["sum"] + values["bias"] == pytest.approx(values["logit"])


def test_the_maps_are_the_bases_and_look_where_they_say() -> None:
    reading = read(seed=301, view={"digit": 3})
    picture = page.picture_filters([read(0, seed=301, view={"digit": 3}), reading])
    frame = picture.frames[-1]
    filter_, bias = frame["frozen2"], run(seed=301)[-1].weights["base.conv1.bias"][2]
    stride, size, offset = next(grid.looks["digit"] for grid in picture.grids if grid.name == "map2")
    r, c = 4, 6
    seen = frame["digit"][r * stride + offset : r * stride + offset + size, c : c + size]
    assert frame["map2"][r, c] == pytest.approx(max(0.0, float((seen * filter_).sum() + bias)), abs=1e-6)
    assert picture.frames[0]["frozen2"] is frame["frozen2"]
    assert not np.array_equal(picture.frames[0]["tuned2"], frame["tuned2"])
    assert np.array_equal(picture.frames[0]["tuned2"], frame["frozen2"])


def test_the_charts_show_the_readings_numbers() -> None:
    with sizes():
        first, last = read(0, seed=301), read(seed=301)
        frame = page.picture_learning([first, last]).frames[-1]
        low = [min(last.draws("scratch", size)) for size in FEW]
        assert list(frame[0]["y"][:2]) == low
        for trace, kind in zip(frame[3:6], KINDS, strict=True):
            assert list(trace["y"]) == [last.accuracy(kind, size) for size in FEW]
        forgotten = page.picture_forgetting([first, last]).frames[-1]
        assert list(forgotten[1]["y"]) == [r.numbers["base_tuned_10"] for r in (first, last)]
        gains = page.sweep_base(["04", "all"], [first, last]).frames[0]
        assert list(gains[2]["y"]) == [last.gain(size) for size in FEW]
        ends = {str(t["name"]): t["text"][0].values["value"] for t in frame if "text" in t}
        assert ends["series.scratch"] == last.accuracy("scratch", FEW[-1])
        cost = page.picture_cost([first, last]).frames[-1]
        assert [t["x"][0] for t in cost[:4]] == [1000 * last.seconds[kind] for kind in ("base", *KINDS)]
        assert [trace["x"][0] for trace in cost[5:]] == [last.learnt[kind] for kind in KINDS]
        seeds = page.sweep_seed([0, 1], [first, last]).frames[0]
        means = [np.mean([r.accuracy("scratch", size) for r in (first, last)]) for size in FEW]
        np.testing.assert_allclose(seeds[2]["y"], means)  # behind a thin line for each
        layers = page.picture_layers([first, last])
        assert cells(layers, "moved")[1, 2] == last.numbers["moved_tuned_10_conv2"]
        words = [[str(word) for word in row] for row in layers.frames[-1]["learns"]]
        assert words == [["yes", "no", "yes"]] * 3 + [["yes"] * 3]
