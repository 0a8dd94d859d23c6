"""Boxes by hand: how far two overlap, which ones are suppressed, which are right, average precision."""

import torch
from torch import Tensor

from explainers.support.contract import Array

MATCH = 0.5  # a box is right from this intersection over union with a digit on


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union (…) of boxes a and b (…, 4) = x0, y0, x1, y1; 0 where both are empty."""
    low = torch.maximum(a[..., :2], b[..., :2])
    high = torch.minimum(a[..., 2:], b[..., 2:])
    both = (high - low).clamp(min=0).prod(dim=-1)
    area_a, area_b = (box[..., 2:] - box[..., :2] for box in (a, b))
    return both / (area_a.prod(dim=-1) + area_b.prod(dim=-1) - both).clamp(min=1e-12)


def suppressed_by(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Non-maximum suppression of N scenes at once: for each box the one that suppresses it; −1: it stays.

    The box with the highest score stays and suppresses all that overlap it by more than ``threshold``; of
    the rest again the highest, and so on. Boxes (N, M, 4), scores (N, M) → (N, M) int64. A box never
    suppresses one with a higher score, so leaving out low scores before or after comes to the same.
    """
    N, M = scores.shape
    order = scores.argsort(dim=1, descending=True, stable=True)  # (N, M)
    ranked = boxes.gather(1, order[..., None].expand(-1, -1, 4))  # (N, M, 4)
    # (N, M, M): whether a box overlaps one with a lower score so much
    covers = (overlap(ranked[:, :, None], ranked[:, None]) > threshold).triu(1)
    by = torch.full((N, M), -1)
    for i in covers.any(dim=2).any(dim=0).nonzero()[:, 0].tolist():  # of one scene's boxes these are few
        by[covers[:, i] & (by < 0) & (by[:, i] < 0)[:, None]] = i
    named = torch.where(by < 0, -1, order.gather(1, by.clamp(min=0)))
    return torch.empty_like(named).scatter_(1, order, named)


def claims(boxes: Tensor, scores: Tensor, same: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Which boxes are right, and with which score each digit was found.

    A box claims the digit of its name that it overlaps most, if by at least MATCH. Of all that claim a digit
    the one with the highest score is right; the others are wrong, as in the PASCAL VOC evaluation.

    Args:
        boxes: (N, M, 4).
        scores: (N, M); below 0: not to be counted.
        same: (N, M, K) bool, whether box and digit have the same name (and there is such a digit).
        truth: (N, K, 4).

    Returns:
        right (N, M) bool; found (N, K), the score, or −1.

    """
    meets = torch.where(same, overlap(boxes[:, :, None], truth[:, None]), 0)  # (N, M, K)
    best, which = meets.max(dim=2)  # (N, M)
    counts = (best >= MATCH) & (scores >= 0)
    mine = which[..., None] == torch.arange(truth.shape[1])  # (N, M, K)
    bids = torch.where(mine & counts[..., None], scores[..., None], -1.0)  # (N, M, K)
    found, winner = bids.max(dim=1)  # (N, K)
    right = torch.zeros_like(counts)
    n, k = (found >= 0).nonzero(as_tuple=True)
    right[n, winner[n, k]] = True
    return right, found


def precision_recall(scores: Tensor, right: Tensor, truths: int) -> tuple[Array, Array]:
    """Precision (D,) and recall (D,) of the first 1, 2, … D boxes by score; there are ``truths`` digits."""
    hits = right[scores.argsort(descending=True, stable=True)].double().cumsum(0)
    taken = torch.arange(1, len(hits) + 1)
    return (hits / taken).numpy(), (hits / max(1, truths)).numpy()


def average_precision(precision: Array, recall: Array) -> float:
    """The area under precision (D,) over recall (D,), with all points, as in PASCAL VOC from 2010 on.

    At every recall counts the highest precision that is reached there or further on.
    """
    best = torch.as_tensor(precision).flip(0).cummax(0).values.flip(0)
    return float((best * torch.as_tensor(recall).diff(prepend=torch.zeros(1))).sum())
