"""The problems of the page on transfer: groups of MNIST's digits, and digits by other hands."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.digits import Digits, digit_split

GROUPS = {"04": range(5), "59": range(5, 10), "all": range(10), "other": range(10)}  # which digits
TEST_OTHER = 500  # of the 1,797 digits by other hands
TESTED = 500  # test digits of a problem that are asked


@cache
def other_hands() -> tuple[Digits, Digits]:
    """(1,297 digits for training, 500 for testing) of scikit-learn's small digits, 14 × 14.

    Optical Recognition of Handwritten Digits, Alpaydin & Kaynak, UCI, the part for testing: 13 people, 8 × 8
    pixels from 0 to 16. Scaled to 10 × 10 in a border of 2, as MNIST's digits stand in theirs.
    """
    # Read from the package's folder: importing scikit-learn takes seconds, and nothing of it is needed.
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the digits by other hands come with the package scikit-learn")
    table = np.loadtxt(Path(package.origin).parent / "datasets/data/digits.csv.gz", np.float32, delimiter=",")
    small = torch.from_numpy(table[:, :64]).reshape(-1, 1, 8, 8) / 16  # (1797, 1, 8, 8)
    scaled = nn.functional.interpolate(small, size=(10, 10), mode="bilinear", align_corners=False)
    images = nn.functional.pad(scaled, (2, 2, 2, 2)).squeeze(1)  # (1797, 14, 14)
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))
    every = Digits(images[order], torch.from_numpy(table[:, 64]).long()[order])
    return every.pick(slice(TEST_OTHER, None)), every.pick(slice(TEST_OTHER))


@cache
def problem(group: str) -> tuple[Digits, Digits]:
    """(training, test) digits of a group, images (N, 1, 14, 14); labels count from 0 in the group."""
    parts = []
    for part in other_hands() if group == "other" else digit_split(2):
        inside = torch.isin(part.labels, torch.tensor(GROUPS[group]))
        parts.append(Digits(part.images[inside].unsqueeze(1), part.labels[inside] - GROUPS[group][0]))
    return parts[0], parts[1].pick(slice(TESTED))


def first_of_each(labels: Tensor, classes: int, most: int, generator: torch.Generator) -> Tensor:
    """Rows (most · classes,) in a random order in which the first n · classes hold n of each class."""
    order = torch.randperm(len(labels), generator=generator)
    rows = [order[labels[order] == c][:most] for c in range(classes)]  # (most,) each
    return torch.stack(rows, dim=1).flatten()
