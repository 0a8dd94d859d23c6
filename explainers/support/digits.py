"""The real handwritten digits: 10,000 images, always split alike, and smaller copies of them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from explainers.support.reviews import data_file

CLASSES = 10
TEST_DIGITS = 2_000  # of the 10,000


@dataclass(frozen=True)
class Digits:
    """Images (N, S, S) float32 from 0 (paper) to 1 (ink), with their labels (N,) int64."""

    images: Tensor
    labels: Tensor

    def pick(self, rows: Tensor | slice) -> "Digits":
        """The digits of ``rows``."""
        return Digits(self.images[rows], self.labels[rows])


@cache
def digits(shrink: int = 1) -> Digits:
    """All 10,000 digits in one fixed random order; each pixel the mean of ``shrink`` × ``shrink`` of them.

    ``shrink`` divides 28: 1, 2, 4, 7, 14 or 28.
    """
    with np.load(data_file("mnist_10k.npz")) as file:
        images, labels = torch.as_tensor(file["images"]), torch.as_tensor(file["labels"].astype(np.int64))
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    small = 28 // shrink
    blocks = images[order].reshape(-1, small, shrink, small, shrink)  # (N, S, shrink, S, shrink)
    return Digits(blocks.float().mean(dim=(2, 4)) / 255, labels[order])


def digit_split(shrink: int = 1) -> tuple[Digits, Digits]:
    """(8,000 digits for training, 2,000 for testing), the same for every page."""
    every = digits(shrink)
    return every.pick(slice(TEST_DIGITS, None)), every.pick(slice(TEST_DIGITS))
