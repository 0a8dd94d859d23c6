"""What the page on YOLO teaches: on the run that ships, and on a small training of a seed nobody picked."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn

from explainers import yolo as page
from explainers.support import yolo_reading
from explainers.support.contract import Checkpoint
from explainers.support.pictures import Diagram
from explainers.support.precomputed import precomputed
from explainers.support.scenes import Scenes
from explainers.support.yolo_boxes import (
    MATCH,
    average_precision,
    claims,
    overlap,
    precision_recall,
    suppressed_by,
)
from explainers.support.yolo_net import Detector, decode, fresh, loss_parts
from explainers.support.yolo_reading import BELOW, Reading, by_size, detector, judge, place_of
from explainers.support.yolo_scenes import (
    ASKED,
    CELL,
    EACH,
    GRID,
    LARGE,
    MOST,
    SEEN,
    SIDE,
    SIZES,
    asked,
    middles,
    mixed,
)
from explainers.yolo import Training, View
from tests.checks import cells, has_words
from ui.locale import LANGUAGES, Words

KINDS = ("test", "same_cell", "two_cells", "large")


def generator(seed: int = 5) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@cache
def ships() -> tuple[Checkpoint, ...]:
    found = precomputed("yolo", Training())
    assert found is not None
    return found.checkpoints


@cache
def short() -> tuple[Checkpoint, ...]:
    """A small training with a seed that nobody picked."""
    return tuple(page.train(Training(steps=100, seed=101)))


def read(**view: Any) -> Reading:
    return page.read(ships()[-1], View(**view))


def boxes(*shape: int, seed: int = 5) -> Tensor:
    """Boxes (…, 4) with whole edges, so that some touch, some are the same."""
    low = torch.randint(0, 8, (*shape, 2), generator=generator(seed))
    return torch.cat(
        [low, low + torch.randint(1, 6, (*shape, 2), generator=generator(seed + 1))], -1
    ).double()


def area(box: list[float]) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def share(a: list[float], b: list[float]) -> float:
    """Intersection over union of two boxes, once more."""
    both = area([max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])])
    return both / (area(a) + area(b) - both)


# -- boxes -------------------------------------------------------------------------------------------------


def test_the_overlap_is_that_of_pixels() -> None:
    """Counted on a grid: in how many pixels both boxes are, and in how many one of them is."""
    a, b = boxes(40), boxes(40, seed=9)
    for one, other, found in zip(a.tolist(), b.tolist(), overlap(a, b).tolist(), strict=True):
        drawn = np.zeros((2, 14, 14), bool)
        for sheet, (x0, y0, x1, y1) in zip(drawn, (one, other), strict=True):
            sheet[int(y0) : int(y1), int(x0) : int(x1)] = True
        assert found == pytest.approx((drawn[0] & drawn[1]).sum() / (drawn[0] | drawn[1]).sum(), abs=1e-12)
    assert overlap(torch.zeros(4), torch.zeros(4)) == 0


def brute_force(some: list[list[float]], scores: list[float], threshold: float) -> list[int]:
    """Non-maximum suppression once more: which box suppresses each, or −1."""
    by = [-1] * len(some)
    left = sorted(range(len(some)), key=lambda i: -scores[i])
    while left:
        best, *others = left
        for other in others:
            if share(some[best], some[other]) > threshold:
                by[other] = best
        left = [other for other in others if by[other] == -1]
    return by


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.95])
def test_the_suppression_is_that_of_brute_force(threshold: float) -> None:
    N, M = 30, 12
    some, scores = boxes(N, M), torch.rand(N, M, generator=generator(3))
    found = suppressed_by(some, scores, threshold)
    for n in range(N):
        assert found[n].tolist() == brute_force(some[n].tolist(), scores[n].tolist(), threshold)


def test_the_suppression_of_the_scenes_is_that_of_brute_force() -> None:
    for scene in (1, 2, 3):
        for nms in (20, 50):
            reading = read(scene=scene, confidence=0, nms=nms)
            assert reading.by == brute_force(reading.boxes.tolist(), reading.scores.tolist(), nms / 100)


def test_low_scores_may_be_left_out_before_or_after() -> None:
    """Why the confidence threshold is only a cut through what was judged once."""
    for scene in (1, 2, 3):
        everything = read(scene=scene, confidence=0).by
        cut = read(scene=scene, confidence=40)
        for cell, by in enumerate(cut.by):
            assert by == (BELOW if cut.scores[cell] < 0.4 else everything[cell])


def slow_claims(found: Any, scenes: Scenes, kept: Tensor, n: int) -> list[tuple[float, int, bool]]:
    """One scene judged once more: (score, name, right) of each box that stays."""
    taken: set[int] = set()
    judged = []
    for m in sorted(kept[n].nonzero()[:, 0].tolist(), key=lambda m: -float(found.scores[n, m])):
        name = int(found.digits[n, m])
        meets = {
            k: share(found.boxes[n, m].tolist(), scenes.boxes[n, k].tolist())
            for k, label in enumerate(scenes.labels[n].tolist())
            if label == name
        }
        best = max(meets, key=lambda k: meets[k], default=-1)
        right = best >= 0 and meets[best] >= MATCH and best not in taken
        if right:
            taken.add(best)
        judged.append((float(found.scores[n, m]), name, right))
    return judged


def slow_average_precision(judged: list[tuple[float, bool]], truths: int) -> float:
    """The area under the best precision at every recall or beyond: a sum over the digits that are found."""
    ordered = [right for _, right in sorted(judged, key=lambda pair: -pair[0])]
    hits = [sum(ordered[: i + 1]) for i in range(len(ordered))]
    points = [(hit / truths, hit / (i + 1)) for i, hit in enumerate(hits)]
    return sum(
        max((precision for recall, precision in points if recall >= hit / truths - 1e-12), default=0) / truths
        for hit in range(1, (hits[-1] if hits else 0) + 1)
    )


def test_map_is_that_of_a_second_implementation() -> None:
    """Scene by scene, box by box, and an average precision that sums over digits instead of over boxes."""
    scenes = asked("test", Training().noise)
    found = yolo_reading.answers(ships()[-1], "test")
    judged = read().on_all("test")
    all_boxes = [one for n in range(ASKED) for one in slow_claims(found, scenes, judged.kept, n)]
    for digit, own in enumerate(judged.precisions()):
        mine = [(score, right) for score, name, right in all_boxes if name == digit]
        assert own == pytest.approx(
            slow_average_precision(mine, int((scenes.labels == digit).sum())), abs=1e-6
        )
    here = [right for score, _, right in all_boxes if score >= 0.2]
    numbers = page.headline(ships()[-1], read())
    assert numbers["precision"] == pytest.approx(sum(here) / len(here))
    assert numbers["recall"] == pytest.approx(sum(here) / int((scenes.labels >= 0).sum()))
    assert numbers["boxes_before"] == pytest.approx(float((found.scores >= 0.2).sum()) / ASKED)
    assert numbers["boxes_after"] == pytest.approx(len(here) / ASKED)


def test_average_precision_against_scikit_learn() -> None:
    """Which does not fill the teeth of the curve: never above ours; the same where there are no teeth."""

    def area(scores: Tensor, right: Tensor, truths: int) -> float:
        return average_precision(*precision_recall(scores, right, truths))

    for seed in range(20):
        right = torch.rand(30, generator=generator(seed)) < 0.5
        scores = torch.rand(30, generator=generator(seed + 100))
        theirs = average_precision_score(right.numpy(), scores.numpy())
        own = area(scores, right, int(right.sum()))
        assert own >= theirs - 1e-9
        assert area(scores, scores > 0.5, int((scores > 0.5).sum())) == pytest.approx(1)
        precision, recall = precision_recall(scores, right, int(right.sum()))
        assert ((precision * np.diff(recall, prepend=0)).sum()) == pytest.approx(theirs, abs=1e-6)
    assert area(torch.zeros(0), torch.zeros(0, dtype=torch.bool), 3) == 0
    assert area(torch.tensor([0.9, 0.8]), torch.tensor([True, True]), 4) == pytest.approx(0.5)


def test_a_digit_is_found_once() -> None:
    truth = torch.tensor([[[0.0, 0, 10, 10]]])
    twice = torch.tensor([[[0.0, 0, 10, 10], [0, 0, 10, 9]]])
    right, found = claims(twice, torch.tensor([[0.6, 0.9]]), torch.ones(1, 2, 1, dtype=torch.bool), truth)
    assert right.tolist() == [[False, True]]
    assert found.tolist() == [[pytest.approx(0.9)]]
    nothing, none = claims(twice, torch.tensor([[-1.0, -1]]), torch.ones(1, 2, 1, dtype=torch.bool), truth)
    assert not nothing.any() and none.tolist() == [[-1]]


# -- the detector ------------------------------------------------------------------------------------------


def test_shapes() -> None:
    net = fresh(generator())
    assert net(torch.zeros(2, SIDE, SIDE)).shape == (2, GRID, GRID, 15)
    found = decode(net(torch.zeros(2, SIDE, SIDE)))
    assert found.boxes.shape == (2, GRID * GRID, 4)
    assert found.scores.shape == found.digits.shape == found.objectness.shape == (2, GRID * GRID)
    reading = read()
    assert reading.raw.shape == (GRID, GRID, 15)
    assert reading.image.shape == (SIDE, SIDE)


def test_decoding_undoes_what_the_loss_asks_for() -> None:
    """Raw outputs that make place and size lossless decode to the digits' own boxes."""
    scenes = mixed(generator(), 8, 0.1)
    raw = torch.zeros(8, GRID, GRID, 15, dtype=torch.float64)
    for n in range(8):
        for k in range(MOST):
            if scenes.labels[n, k] >= 0:
                box = scenes.boxes[n, k].double()
                centre = middles(box) / CELL
                column, row = (int(v) for v in centre)
                wanted = torch.cat([centre - centre.floor(), ((box[2:] - box[:2]) / SIDE).sqrt()])
                raw[n, row, column, :4] = wanted.logit()
                raw[n, row, column, 5 + int(scenes.labels[n, k])] = 9
    parts = loss_parts(raw, scenes, 5.0, 0.5)
    assert float(parts["place"]) == pytest.approx(0, abs=1e-9)
    assert float(parts["size"]) == pytest.approx(0, abs=1e-9)
    found = decode(raw)
    for n in range(8):
        for k in range(MOST):
            if scenes.labels[n, k] >= 0:
                column, row = (int(v) for v in middles(scenes.boxes[n, k]) / CELL)
                torch.testing.assert_close(
                    found.boxes[n, row * GRID + column], scenes.boxes[n, k].double(), rtol=0, atol=1e-4
                )
                assert found.digits[n, row * GRID + column] == scenes.labels[n, k]


def test_the_loss_is_the_sum_that_is_written_down() -> None:
    scenes = mixed(generator(), 6, 0.1)
    raw = torch.randn(6, GRID, GRID, 15, generator=generator(8))
    place = size = sure = named = 0.0
    for n in range(6):
        holds = torch.zeros(GRID, GRID)
        for k in range(MOST):
            if scenes.labels[n, k] < 0:
                continue
            x0, y0, x1, y1 = scenes.boxes[n, k].tolist()
            x, y = (x0 + x1) / 2 / CELL, (y0 + y1) / 2 / CELL
            t = raw[n, int(y), int(x)]
            holds[int(y), int(x)] = 1
            s = [float(v) for v in t[:4].sigmoid()]
            place += 5 * ((s[0] - x % 1) ** 2 + (s[1] - y % 1) ** 2)
            size += 5 * ((s[2] - ((x1 - x0) / SIDE) ** 0.5) ** 2 + (s[3] - ((y1 - y0) / SIDE) ** 0.5) ** 2)
            named -= float(t[5:].log_softmax(0)[scenes.labels[n, k]])
        p = raw[n, ..., 4].sigmoid()
        sure -= float((holds * p.log() + 0.25 * (1 - holds) * (1 - p).log()).sum())
    parts = loss_parts(raw, scenes, 5.0, 0.25)
    for name, value in {"place": place, "size": size, "objectness": sure, "digit": named}.items():
        assert float(parts[name]) == pytest.approx(value / 6, rel=1e-4)


def test_the_start_comes_from_the_generator() -> None:
    torch.manual_seed(1)
    first = fresh(generator())
    torch.manual_seed(2)
    again = fresh(generator())
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first.out.weight, fresh(generator(6)).out.weight)


# -- the scenes --------------------------------------------------------------------------------------------


def test_scenes_hold_one_to_three_digits_that_do_not_touch() -> None:
    scenes = mixed(generator(), 200, 0.15)
    there = scenes.labels >= 0
    counts = torch.bincount(there.sum(dim=1), minlength=4).tolist()
    assert counts == [0, 50, 100, 50]
    assert float(scenes.images.min()) >= 0 and float(scenes.images.max()) <= 1
    longest = (scenes.boxes[..., 2:] - scenes.boxes[..., :2]).amax(dim=2)[there]
    assert float(longest.min()) >= SEEN[0] - 1e-3 and float(longest.max()) <= SEEN[1] + 1e-3
    assert float(scenes.boxes[there].min()) >= -1e-4 and float(scenes.boxes[there].max()) <= SIDE + 1e-4
    for n in range(200):
        k = int(there[n].sum())
        meets = overlap(scenes.boxes[n, :k, None], scenes.boxes[n, None, :k])
        assert float((meets - torch.eye(k)).max()) < 1e-6


def test_pairs_share_a_cell_and_differ_in_nothing_else() -> None:
    same, two = (asked(kind, 0.15) for kind in ("same_cell", "two_cells"))
    assert torch.equal(same.labels, two.labels)
    shift = torch.tensor([CELL / 2, 0.0])
    centres = middles(same.boxes[:, :2])  # (N, 2, 2)
    torch.testing.assert_close(middles(two.boxes[:, :2]), centres + shift)
    torch.testing.assert_close(
        two.boxes[..., 2:] - two.boxes[..., :2], same.boxes[..., 2:] - same.boxes[..., :2]
    )
    here = (centres // CELL).long()
    assert (here[:, 0] == here[:, 1]).all()
    there = (middles(two.boxes[:, :2]) // CELL).long()
    assert (there[:, 1] - there[:, 0] == torch.tensor([1, 0])).all()
    assert float(overlap(same.boxes[:, 0], same.boxes[:, 1]).max()) == 0
    assert len(same.labels) == ASKED


def test_larger_ones_are_larger_than_any_in_training() -> None:
    large = asked("large", 0.15)
    longest = (large.boxes[:, 0, 2:] - large.boxes[:, 0, :2]).amax(dim=1)
    assert SEEN[1] < LARGE[0] - 1e-3 <= float(longest.min())
    sizes = asked("sizes", 0.15)
    assert len(sizes.labels) == EACH * len(SIZES)
    names = sizes.labels[:, 0].reshape(len(SIZES), EACH)
    assert (names == names[0]).all()
    longest = (sizes.boxes[:, 0, 2:] - sizes.boxes[:, 0, :2]).amax(dim=1).reshape(len(SIZES), EACH)
    torch.testing.assert_close(longest, torch.tensor(SIZES)[:, None].expand(-1, EACH).float())


def test_test_scenes_are_of_other_digits() -> None:
    assert asked("test", 0.15) is asked("test", 0.15)
    assert not torch.equal(
        mixed(generator(), 20, 0.1).images, mixed(generator(), 20, 0.1, testing=True).images
    )


# -- what the page teaches ---------------------------------------------------------------------------------


def test_the_run_that_ships_shows_the_claim() -> None:
    numbers = page.headline(ships()[-1], read())
    assert numbers["map50"] > 0.7
    assert numbers["precision"] > 0.7 and numbers["recall"] > 0.7
    assert numbers["boxes_before"] > numbers["boxes_after"] + 0.2
    # Of 49 guesses the threshold throws most away, and the suppression what is said twice.
    assert numbers["boxes_before"] < 0.1 * GRID * GRID
    assert read().on_all("test").repeats(0.2) > 0.9


def test_the_loss_falls_and_places_come_before_names() -> None:
    run = ships()
    assert run[-1].numbers["loss"] < 0.3 * run[0].numbers["loss"]
    assert run[-1].numbers["map50"] > run[0].numbers["map50"] + 0.6
    early = run[1].numbers
    assert early["ap50_any"] > early["map50"] + 0.3
    for checkpoint in run:
        parts = [checkpoint.numbers[f"loss_{name}"] for name in ("place", "size", "objectness", "digit")]
        assert checkpoint.numbers["loss"] == pytest.approx(sum(parts))


def test_two_centres_in_one_cell_get_at_most_one_box() -> None:
    reading = read()
    counts = {kind: reading.on_all(kind, named=False).counts(0.2) for kind in ("same_cell", "two_cells")}
    assert counts["same_cell"][2] < 0.1 * ASKED
    assert counts["two_cells"][2] > counts["same_cell"][2] + 0.3 * ASKED
    assert "pairs_cell" in [say.key for say in page.see(ships()[-1], reading)]


def test_threshold_zero_brings_noise_and_hardly_any_digit() -> None:
    usual, zero = read(), read(**page.BREAKS["threshold"])
    before, after = (page.headline(ships()[-1], reading) for reading in (usual, zero))
    assert after["boxes_before"] == GRID * GRID
    assert after["precision"] < 0.1 < before["precision"]
    assert before["recall"] <= after["recall"] < before["recall"] + 0.1
    assert after["map50"] == before["map50"]
    assert "zero" in [say.key for say in page.see(ships()[-1], zero)]


def test_a_digit_larger_than_any_seen_is_not_found() -> None:
    reading = read(**page.BREAKS["large"])
    assert reading.on_all("large").recall(0.2) < 0.1
    found = dict(zip(SIZES, by_size(reading.on_all("sizes"), 0.2), strict=True))
    assert min(found[size] for size in (18, 22, 26, 30)) > 0.6
    assert max(found[size] for size in (60, 66, 72)) < 0.2


def test_a_short_training_of_another_seed_learns_where_first() -> None:
    first, last = short()[0].numbers, short()[-1].numbers
    assert last["loss"] < 0.6 * first["loss"]
    assert last["ap50_any"] > first["ap50_any"] + 0.3
    assert last["ap50_any"] > last["map50"] + 0.2


def test_checkpoints_are_copies_with_16_bits_that_the_numbers_are_measured_from() -> None:
    run = short()
    assert {value.dtype.name for value in run[-1].weights.values()} == {"float16", "int64"}
    assert not np.array_equal(run[0].weights["detector.out.weight"], run[-1].weights["detector.out.weight"])
    for checkpoint in (run[0], run[-1]):
        again = yolo_reading.measured(detector(checkpoint), Training().noise)
        assert {key: checkpoint.numbers[key] for key in again} == again


def test_every_kind_of_scene_has_its_sentences() -> None:
    for kind in KINDS:
        for view in ({}, {"confidence": 95}, {"confidence": 0, "nms": 5}, {"scene": 200, "nms": 95}):
            for checkpoint in (ships()[0], ships()[-1]):
                reading = page.read(checkpoint, View(kind=kind, **view))
                has_words("yolo", page.see(checkpoint, reading), page.formula(reading))
                for name in ("scene", "suppression", "precision", "decoding"):
                    picture = getattr(page, f"picture_{name}")([reading])
                    assert len(picture.frames) == 1


def test_see_counts_the_boxes_of_the_scene() -> None:
    reading = read(scene=1, confidence=10)
    said = page.see(ships()[-1], reading)[0].values
    assert said["above"] == int((reading.scores >= 0.1).sum()) == said["stay"] + said["gone"]
    assert said["found"] <= said["truth"] == len(reading.labels)


# -- pictures ----------------------------------------------------------------------------------------------


def test_the_decoding_by_hand_is_torchs() -> None:
    reading = read(kind="test", scene=4)
    picture = page.picture_decoding([reading])
    found = decode(torch.as_tensor(reading.raw)[None])
    net = detector(ships()[-1])
    with torch.no_grad():
        raw = net(torch.as_tensor(reading.image)[None]).double()
    np.testing.assert_allclose(reading.raw, raw[0], rtol=0, atol=1e-6)
    best = reading.ranked()[:4]
    corners = [cells(picture, name)[:, 0] for name in ("left", "top", "right", "bottom")]
    np.testing.assert_allclose(np.stack(corners, axis=1), found.boxes[0, best], rtol=0, atol=1e-6)
    np.testing.assert_allclose(cells(picture, "score")[:, 0], found.scores[0, best], rtol=0, atol=1e-6)
    soft = nn.functional.softmax(torch.as_tensor(cells(picture, "logits")), dim=1)
    np.testing.assert_allclose(cells(picture, "name"), soft, rtol=0, atol=1e-6)
    powers = np.exp(cells(picture, "logits"))
    np.testing.assert_allclose(cells(picture, "name"), powers / cells(picture, "sum"), rtol=0, atol=1e-6)
    numbers = page.formula(reading)
    assert numbers["x"] == pytest.approx((numbers["column"] + 1 / (1 + np.exp(-numbers["tx"]))) * CELL)
    assert numbers["w"] == pytest.approx(SIDE / (1 + np.exp(-numbers["tw"])) ** 2)


def test_every_cell_of_the_main_picture_has_its_box_and_its_numbers() -> None:
    reading = read()
    picture = page.picture_scene([page.read(c, View()) for c in ships()])
    assert len(picture.frames) == len(ships())
    frame = picture.frames[-1]
    assert all(one["scene"] is picture.frames[0]["scene"] for one in picture.frames)
    mine = [box for box in frame["scene/boxes"] if box.get("cell")]
    assert sorted(tuple(box["cell"][1:]) for box in mine) == [place_of(cell) for cell in range(GRID * GRID)]
    assert sum(not box["quiet"] for box in mine) == len(reading.above())
    assert sum(box["series"] == "truth" for box in frame["scene/boxes"]) == len(reading.labels)
    for box in mine:
        _, row, column = box["cell"]
        x0, y0, x1, y1 = box["box"]
        assert frame["x"][row][column] == pytest.approx((x0 + x1) / 2, abs=0.06)
        assert frame["h"][row][column] == pytest.approx(y1 - y0, abs=0.06)
    np.testing.assert_allclose(
        np.array(frame["score"]), np.array(frame["objectness"]) * np.array(frame["sure"]), atol=2e-4
    )


def steps_of(picture: Diagram) -> list[str]:
    return [grid.name for grid in picture.grids if grid.name.startswith("iou")]


def test_the_suppression_names_who_suppressed_whom() -> None:
    reading = next(r for r in (read(scene=n, confidence=10) for n in range(1, 40)) if len(r.above()) >= 5)
    picture = page.picture_suppression([reading])
    above, stay = reading.above(), reading.stay()
    assert len(steps_of(picture)) == len(stay)
    frame = picture.frames[0]
    words = Words("en", "yolo")
    letters = dict(zip(above, "ABCDEFGHIJ", strict=False))
    for row, cell in enumerate(above):
        fate = words.label(frame["fate"][row][0])
        by = reading.by[cell]
        assert fate == ("stays" if by == -1 else f"goes: {letters[by]}")
        for k, keeper in enumerate(stay):
            value = frame[f"iou{k}"][row][0]
            if value is None:
                continue
            assert value == pytest.approx(share(reading.boxes[cell].tolist(), reading.boxes[keeper].tolist()))
            assert value == pytest.approx(frame[f"both{k}"][row][0] / frame[f"either{k}"][row][0])
            assert (value > reading.nms) == (by == keeper)
    assert picture.walk is not None and len(picture.walk.stops) == len(stay)
    for language in LANGUAGES:
        assert all(Words(language, "yolo").label(says) for _, says in picture.walk.stops)  # type: ignore[arg-type]


def test_where_no_box_is_sure_enough_the_table_says_so() -> None:
    reading = page.read(ships()[0], View(confidence=95))
    assert not reading.above()
    picture = page.picture_suppression([reading])
    assert not steps_of(picture) and picture.walk is None
    assert [str(row[0]) for row in picture.frames[0]["fate"]] == ["fate.below"] * 3


def test_the_charts_are_the_readings() -> None:
    reading = read()
    pairs = page.picture_pairs([reading]).frames[0]
    for found, bar in zip((2, 1, 0), pairs, strict=True):
        both = [reading.on_all(kind, named=False).counts(0.2)[found] for kind in ("two_cells", "same_cell")]
        assert bar["x"] == [count / ASKED for count in both]
    point = page.picture_precision([reading]).frames[0][-1]
    numbers = page.headline(ships()[-1], reading)
    assert (point["x"], point["y"]) == ([numbers["recall"]], [numbers["precision"]])
    sizes = page.picture_sizes([reading]).frames[0][-1]
    assert sizes["y"] == by_size(reading.on_all("sizes"), 0.2)
    readings = [page.read(c, View()) for c in ships()]
    curve = page.picture_learning(readings).frames[-1][1]
    assert curve["y"] == [c.numbers["map50"] for c in ships()]


def test_judged_without_names_finds_at_least_as_much() -> None:
    scenes = asked("test", Training().noise)
    found = yolo_reading.answers(ships()[-1], "test")
    named, placed = (judge(found, scenes, 0.5, named=which) for which in (True, False))
    assert placed.recall(0.2) >= named.recall(0.2)
    assert isinstance(detector(ships()[-1]), Detector)
