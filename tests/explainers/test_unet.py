"""U-Net: skips carry where; cutting them in the trained net is not the same as training without them."""

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import nn

from explainers import unet
from explainers.support.contract import Checkpoint
from explainers.support.digits import digit_split
from explainers.support.pictures import Diagram
from explainers.support.precomputed import precomputed
from explainers.support.scenes import scenes
from explainers.support.unet_measure import (
    CASES,
    HEIGHTS,
    NOISE,
    REGIONS,
    SIZE,
    TESTED,
    asked,
    edge_of,
    held_out,
    iou,
    judged,
    measured,
)
from explainers.support.unet_nets import CHANNELS, LEVELS, SKIPS, UNet, loss, started
from explainers.support.unet_pictures import FIELDS
from explainers.support.unet_reading import Reading, judged_here, net_of
from tests.checks import cells, has_words, stands_apart
from tests.test_contract import drawn_with_words
from ui.locale import LANGUAGES, Words
from ui.payload import lean, packed

SHORT = unet.Training(steps=110, seed=31)  # a seed that nobody picked


def shipped() -> tuple[Checkpoint, ...]:
    """The default run; a test in test_contract.py makes it anew and compares."""
    found = precomputed("unet", unet.Training())
    assert found is not None
    return found.checkpoints


@pytest.fixture(scope="module")
def short() -> tuple[Checkpoint, ...]:
    return tuple(unet.train(SHORT))


def read(**view: object) -> Reading:
    return unet.read(shipped()[-1], unet.View(**view))


def reached(**view: object) -> dict[str, float]:
    return unet.headline(shipped()[-1], read(**view))


# -- the net -------------------------------------------------------------------------------------------------


def test_shapes() -> None:
    maps = UNet().maps(torch.zeros(2, 1, SIZE, SIZE))
    for i, channels in enumerate(CHANNELS):
        side = SIZE // 2**i
        assert maps[f"down{i}"].shape == (2, channels, side, side)
        if i < LEVELS:
            assert maps[f"up{i}"].shape == maps[f"merge{i}"].shape == (2, channels, side, side)
    assert UNet()(torch.zeros(2, SIZE, SIZE)).shape == (2, SIZE, SIZE)
    without = UNet(SKIPS).maps(torch.zeros(2, 1, SIZE, SIZE))
    assert without["up0"].shape == (2, 2 * CHANNELS[0], SIZE, SIZE)


@pytest.mark.parametrize("without", [SKIPS, ("fine",), ("middle",), ("coarse",)])
def test_both_nets_start_from_the_same_values_and_the_one_without_is_not_smaller(
    without: tuple[str, ...],
) -> None:
    nets = started(torch.Generator().manual_seed(5), without)
    whole, other = (dict(net.named_parameters()) for net in nets.values())
    for name, value in whole.items():
        lies = other[name].detach()
        if name.startswith("up") and lies.shape != value.shape:
            lies = lies[:, : value.shape[1]] if value.dim() > 1 else lies[: len(value)]
        assert torch.equal(value.detach(), lies), name
    sizes = [sum(p.numel() for p in net.parameters()) for net in nets.values()]
    assert sizes[0] < sizes[1] < 1.2 * sizes[0]


def test_a_cut_skip_carries_zeros_and_nothing_else_changes() -> None:
    """As if its half of the next layer's weights were zero."""
    net = started(torch.Generator().manual_seed(5), SKIPS)["whole"]
    x = held_out(NOISE, 1.0).images[:3]
    for i, skip in enumerate(SKIPS):
        cut = net(x, (skip,))
        other = UNet()
        other.load_state_dict(net.state_dict())
        with torch.no_grad():
            other.get_parameter(f"merge.{i}.weight")[:, : CHANNELS[i]] = 0
        torch.testing.assert_close(cut, other(x))
        assert not torch.allclose(cut, net(x))
    assert torch.equal(net(x, ()), net(x))


def test_an_up_convolution_makes_four_pixels_of_one() -> None:
    up, x = nn.ConvTranspose2d(3, 2, 2, stride=2), torch.randn(1, 3, 4, 4)
    by_hand = torch.einsum("nirc,ioab->noracb", x, up.weight).reshape(1, 2, 8, 8)
    torch.testing.assert_close(by_hand + up.get_parameter("bias")[:, None, None], up(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize("at", [(0, 0), (7, 20), (24, 23), (47, 47), (1, 46)])
@pytest.mark.parametrize("cut", [False, True])
def test_the_pixel_by_hand_equals_torch(at: tuple[int, int], cut: bool) -> None:
    for channel in (1, 5, 24):
        reading = read(row=at[0] + 1, column=at[1] + 1, channel=channel, cut_fine=cut, scene=3)
        net, c = net_of(shipped()[-1], "whole"), min(channel, CHANNELS[0]) - 1
        exact = nn.Conv2d(2 * CHANNELS[0], CHANNELS[0], 3, padding=1).double()
        exact.load_state_dict(net.merge[0].state_dict())
        with torch.no_grad():
            maps = net.maps(torch.as_tensor(reading.image)[None, None], ("fine",) if cut else ())
            both = torch.cat([maps["down0"] * (not cut), maps["up0"]], dim=1).double()  # (1, 16, S, S)
            expected = exact(both)[0, c]
        terms = reading.terms
        x, w, each = terms["x"], terms["w"], terms["each"]
        assert terms["total"][0, 0] == pytest.approx(float(expected[at]), abs=1e-6)
        assert terms["out"][0, 0] == pytest.approx(float(maps["merge0"][0, c][at]), abs=1e-4)
        assert x.shape == w.shape == (2 * CHANNELS[0], 9)
        np.testing.assert_allclose((x * w).sum(axis=1, keepdims=True), each, atol=1e-9)
        assert terms["total"][0, 0] == pytest.approx(each.sum() + terms["bias"][0, 0], abs=1e-9)
        if cut:
            assert not x[: CHANNELS[0]].any()


@pytest.mark.parametrize("level", range(LEVELS + 1))
def test_receptive_fields_are_as_outlined(level: int) -> None:
    """A pixel changes a cell if and only if it is in the outline (positive weights: nothing hides it)."""
    net = UNet()
    with torch.no_grad():
        for name, value in net.named_parameters():
            value.fill_(0.0 if name.endswith("bias") else 0.1)
        stride, extent, offset = FIELDS[level]
        r, c = (SIZE // 2**level) // 2, (SIZE // 2**level) // 2 - 1
        y0, x0 = r * stride + offset, c * stride + offset
        for y in (y0 - 1, y0, y0 + extent - 1, y0 + extent):
            for x in (x0 - 1, x0, x0 + extent - 1, x0 + extent):
                if not (0 <= y < SIZE and 0 <= x < SIZE):
                    continue
                picture = torch.zeros(1, 1, SIZE, SIZE)
                picture[0, 0, y, x] = 1
                seen = bool(net.maps(picture)[f"down{level}"][0, 0, r, c] > 0)
                assert seen == (y0 <= y < y0 + extent and x0 <= x < x0 + extent), (y, x)


# -- what is measured ----------------------------------------------------------------------------------------


def test_the_edge_is_a_band_of_one_pixel_on_either_side() -> None:
    mask = torch.zeros(1, 12, 12)
    mask[0, 3:9, 3:9] = 1
    expected = torch.zeros(12, 12, dtype=torch.bool)
    expected[2:10, 2:10] = True
    expected[4:8, 4:8] = False
    assert torch.equal(edge_of(mask)[0], expected)
    assert not edge_of(torch.zeros(1, 5, 5)).any()
    assert not edge_of(torch.ones(1, 5, 5)).any()


def test_overlap_and_shares_by_hand() -> None:
    true = torch.zeros(1, 12, 12)
    true[0, 3:9, 3:9] = 1
    found = true.clone()
    found[0, 3, 3:9] = 0  # six misses on the edge
    found[0, 5, 5] = 0  # one inside
    found[0, 0, 0] = 1  # one in the background
    result = judged(found, true)
    assert result["iou"] == pytest.approx(29 / 37)
    assert result["iou_boundary"] == pytest.approx(14 / 20)
    assert result["wrong"] == pytest.approx(8 / 144)
    assert [result[region] for region in REGIONS] == pytest.approx([6 / 8, 1 / 8, 1 / 8])
    assert iou(true, true) == 1 == iou(torch.zeros(2, 2), torch.zeros(2, 2))
    assert iou(torch.zeros_like(true), true) == 0


def test_what_a_checkpoint_measured_is_what_its_weights_do() -> None:
    last = shipped()[-1]
    nets = {name: net_of(last, name) for name in ("whole", "without")}
    assert measured(nets) == pytest.approx(last.numbers, abs=5e-3)
    for case in CASES:
        assert sum(last.numbers[f"{region}_{case}"] for region in REGIONS) == pytest.approx(1.0)
    here = judged_here(last, NOISE, 1.0, 0.5, SKIPS)
    at_hand = judged_here(last, NOISE, 1.0, 0.5000001, SKIPS)
    for case, row in here.items():
        assert row == pytest.approx(at_hand[case], abs=5e-3)
    small = held_out(NOISE, 0.4)
    expected = judged((asked(nets["whole"], small.images) >= 0.5).float(), small.masks)
    assert judged_here(last, NOISE, 0.4, 0.5, SKIPS)["whole"] == expected


# -- what the page claims ------------------------------------------------------------------------------------


def test_skips_help_along_the_edges_and_cutting_them_is_another_thing() -> None:
    numbers = shipped()[-1].numbers
    assert numbers["iou_boundary_whole"] > numbers["iou_boundary_without"] + 0.1
    assert numbers["iou_cut_all"] < 0.1  # the trained net is ruined, the one trained without is not
    assert numbers["iou_without"] > 0.4
    assert numbers["edge_without"] > 0.5
    assert numbers["inside_cut_all"] > 3 * numbers["inside_without"]


def test_the_same_on_a_seed_that_nobody_picked(short: tuple[Checkpoint, ...]) -> None:
    first, last = short[0].numbers, short[-1].numbers
    assert last["iou_boundary_whole"] > last["iou_boundary_without"] + 0.05
    assert last["edge_without"] > 0.5
    for net in ("whole", "without"):
        assert last[f"loss_{net}"] < 0.7 * first[f"loss_{net}"]


def test_without_one_skip_the_other_net_has_the_rest() -> None:
    for skip in SKIPS:
        first = next(unet.train(unet.Training(without=skip, steps=24)))
        assert net_of(first, "without").without == {skip}
        assert unet.read(first, unet.View()).lacks == skip


def test_on_these_scenes_the_way_down_is_not_needed() -> None:
    """The page says so: three convolutions on the full picture reach the same overlap."""
    generator, width = torch.Generator().manual_seed(7), 12
    layers = [nn.Conv2d(a, width, 3, padding=1) for a in (1, width, width)]
    net = nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU())), nn.Conv2d(width, 1, 1))
    assert sum(p.numel() for p in net.parameters()) == 2749
    with torch.no_grad():
        for name, value in net.named_parameters():
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
            value.mul_(not name.endswith("bias"))
    learn = scenes(generator, 800, SIZE, digit_split()[0], noise=NOISE, heights=HEIGHTS)
    optimiser = torch.optim.Adam(net.parameters(), lr=unet.RATE)
    for _ in range(200):
        batch = learn.pick(torch.randint(800, (unet.BATCH,), generator=generator))
        optimiser.zero_grad()
        loss(net(batch.images[:, None])[:, 0], batch.masks).backward()
        optimiser.step()
    test = held_out(NOISE, 1.0)
    found = (net(test.images[:, None])[:, 0] > 0).float()
    assert iou(found, test.masks) > shipped()[-1].numbers["iou_whole"] - 0.02


def test_headline_follows_the_chosen_cut() -> None:
    numbers = shipped()[-1].numbers
    start = reached()
    assert start["iou_boundary_skips_cut"] == numbers["iou_boundary_cut_all"]
    for skip in SKIPS:
        one = reached(**{f"cut_{skip}": True})
        assert one["iou_boundary_skips_cut"] == pytest.approx(numbers[f"iou_boundary_cut_{skip}"], abs=5e-3)
        assert one["iou"] == pytest.approx(start["iou"], abs=5e-3)


@pytest.mark.parametrize("name", ["noise", "threshold", "small"])
def test_breaks_break(name: str) -> None:
    assert reached(**unet.BREAKS[name])["iou"] < reached()["iou"] - 0.05


def test_cutting_all_empties_the_mask() -> None:
    whole, cut = read(), read(**unet.BREAKS["cut"])
    assert whole.scores["whole"][0] > 0.7
    assert cut.scores["whole"][0] < 0.1
    assert cut.scores["without"] == whole.scores["without"]


# -- the page ------------------------------------------------------------------------------------------------


def test_errors_are_the_threshold_against_the_truth() -> None:
    reading = read(threshold=0.3, scene=5)
    for name in ("whole", "without"):
        expected = (reading.found[name] >= 0.3).astype(float) - reading.truth
        np.testing.assert_array_equal(reading.errors[name], expected)
        assert set(np.unique(reading.errors[name])) <= {-1.0, 0.0, 1.0}
    assert reading.scores["whole"][0] == pytest.approx(
        iou(torch.as_tensor(reading.found["whole"] >= 0.3).float(), torch.as_tensor(reading.truth))
    )


def test_what_is_drawn_and_said_is_what_was_measured() -> None:
    first, last = shipped()[0], shipped()[-1]
    numbers, reading = last.numbers, read(scene=2)
    for bar, key in zip(unet.picture_overlap([reading]).frames[0], ("iou", "iou_boundary"), strict=True):
        assert bar["x"] == [numbers[f"{key}_{case}"] for case in CASES]
    for bar, region in zip(unet.picture_errors([reading]).frames[0], REGIONS, strict=True):
        cases = ("whole", "cut_all", "without")
        assert bar["x"] == [numbers[f"{region}_{case}"] * numbers[f"wrong_{case}"] for case in cases]
    curve = next(t for t in unet.picture_training([reading]).frames[0] if t["name"] == "series.without")
    assert curve["y"] == [numbers["iou_boundary_without"]]
    for net in ("whole", "without"):
        np.testing.assert_array_equal(
            cells(unet.picture_masks([reading]), f"errors_{net}"), reading.errors[net]
        )
    runs = (first, last, last)
    dear = [min(SKIPS, key=lambda s, n=c.numbers: n[f"iou_boundary_cut_{s}"]) for c in runs]  # type: ignore[misc]
    keys = [say.key for say in unet.see(last, reading)]
    assert keys == ["help", "gone_all", "where_edge", f"dear_{dear[1]}"]
    strict = unet.see(last, read(threshold=0.95))
    assert strict[-1].values["threshold"] == 0.95 and "where_missed" in [say.key for say in strict]
    (said,) = unet.see_sweep("seed", range(3), [unet.read(c, unet.View()) for c in runs])
    assert {skip: said.values[skip] for skip in SKIPS} == {skip: dear.count(skip) for skip in SKIPS}
    assert said.values["ruined"] == sum(c.numbers["iou_cut_all"] < 0.1 for c in runs) == 2


def test_every_cut_every_scene_and_every_outcome_has_words() -> None:
    last = shipped()[-1]
    cuts = [cut for n in range(LEVELS + 1) for cut in combinations(SKIPS, n)]
    for cut in cuts:
        reading = unet.read(last, unet.View(**{f"cut_{skip}": True for skip in cut}, noise=0.2))
        has_words("unet", unet.see(last, reading), unet.formula(reading))
        for picture in (unet.picture_masks([reading]), unet.picture_u([reading])):
            drawn_with_words("unet", picture)
            stands_apart(picture)
    for language in LANGUAGES:
        words = Words(language, "unet")
        for key, text in words.page["see"].items():
            if key.startswith(("gone", "flooded", "worse", "harmless", "where", "help", "same", "hurt")):
                values = {f"{k}_{case}": 0.5 for k in ("iou", "iou_boundary", *REGIONS)
                          for case in ("whole", "cut_all", "without")}  # fmt: skip
                assert words.fill(text, {**values, "lost": 0.1, "scenes": TESTED})


@pytest.mark.parametrize(
    ("cut", "background", "outcome"),
    [((0.0, 0.0), 0.0, "gone"), ((0.05, 0.1), 0.8, "flooded"), ((0.6, 0.5), 0.1, "worse"),
     ((0.8, 0.79), 0.0, "harmless")],
)  # fmt: skip
def test_what_a_cut_does_is_said_as_measured(
    cut: tuple[float, float], background: float, outcome: str
) -> None:
    now = {
        "whole": {"iou": 0.8, "iou_boundary": 0.8},
        "cut_all": {"iou": cut[0], "iou_boundary": cut[1], "background": background},
    }
    assert unet.cut_outcome(now) == outcome


def test_the_main_picture_is_small_enough_for_a_class() -> None:
    readings = [unet.read(checkpoint, unet.View()) for checkpoint in shipped()]
    picture = unet.picture_masks(readings)
    assert isinstance(picture, Diagram)
    data = packed({**vars(picture), "frames": lean(picture, picture.frames)}, Words("en", "unet").label)
    assert len(data) < 300_000
