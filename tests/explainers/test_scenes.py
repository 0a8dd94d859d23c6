"""Scenes of digits in noise: each place is known exactly, and chance comes from the generator alone."""

import pytest
import torch

from explainers.support.digits import Digits, digit_split
from explainers.support.scenes import INK, Scenes, ink_boxes, scenes

COUNT, SIZE = 40, 48


def made(
    seed: int = 3, noise: float = 0.0, heights: tuple[float, float] = (16.0, 24.0), **more: int
) -> Scenes:
    generator = torch.Generator().manual_seed(seed)
    return scenes(generator, COUNT, SIZE, digit_split()[0], noise=noise, heights=heights, **more)


@pytest.mark.parametrize("per_scene", [1, 2, 3])
def test_shapes_and_ranges(per_scene: int) -> None:
    found = made(noise=0.5, per_scene=per_scene, heights=(12.0, 16.0))
    assert found.images.shape == found.masks.shape == (COUNT, SIZE, SIZE)
    assert found.boxes.shape == (COUNT, per_scene, 4)
    assert found.labels.shape == (COUNT, per_scene)
    assert float(found.images.min()) >= 0 and float(found.images.max()) <= 1
    assert set(found.masks.unique().tolist()) == {0.0, 1.0}
    picked = found.pick(slice(2, 5))
    assert torch.equal(picked.boxes, found.boxes[2:5])


def test_the_same_seed_is_the_same_scenes_whatever_was_drawn_elsewhere() -> None:
    first = made(noise=0.3)
    torch.manual_seed(123)
    torch.rand(7)
    for a, b in zip(vars(first).values(), vars(made(noise=0.3)).values(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first.images, made(4, noise=0.3).images)


def test_noise_hides_the_same_scene() -> None:
    quiet, loud = made(noise=0.0), made(noise=0.6)
    assert torch.equal(quiet.masks, loud.masks)
    assert torch.equal(quiet.boxes, loud.boxes)
    assert torch.equal(quiet.masks, (quiet.images >= INK).float())
    assert float((loud.images - quiet.images).std()) > 0.2


def test_boxes_hold_exactly_the_ink() -> None:
    """Each box is as wide as its digit's ink, give or take the pixel that it is cut into."""
    found = made(per_scene=1)
    for mask, (box,) in zip(found.masks, found.boxes.tolist(), strict=True):
        (ink,) = ink_boxes(mask[None]).tolist()
        assert all(abs(a - b) <= 2.5 for a, b in zip(ink, box, strict=True)), (ink, box)


def test_heights_are_those_asked_for_and_digits_do_not_touch() -> None:
    found = made()
    sides = found.boxes[..., 2:] - found.boxes[..., :2]  # (N, 2, 2)
    longest = sides.amax(dim=-1)
    assert 16 <= float(longest.min()) < 17.5
    assert 22.5 < float(longest.max()) <= 24
    assert float(found.boxes.min()) >= 0 and float(found.boxes.max()) <= SIZE
    a, b = found.boxes[:, 0], found.boxes[:, 1]
    apart = (a[:, :2] >= b[:, 2:]) | (b[:, :2] >= a[:, 2:])  # left of it, or above it
    assert bool(apart.any(dim=1).all())


def test_digits_larger_than_their_scene_are_drawn_all_the_same() -> None:
    found = made(heights=(60.0, 70.0))
    assert 0 < float(found.masks.mean()) < 1


def test_training_and_test_digits_are_apart() -> None:
    """A scene shows digits of the set that it was given, and of no other."""
    learn, test = digit_split()
    only = Digits(test.images[test.labels == 3], test.labels[test.labels == 3])
    found = scenes(torch.Generator().manual_seed(0), 10, SIZE, only)
    assert set(found.labels.flatten().tolist()) == {3}
    rows = {row.numpy().tobytes() for row in learn.images}
    assert sum(row.numpy().tobytes() in rows for row in test.images) == 0
