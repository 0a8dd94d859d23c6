"""Which words stand near which in the reviews, and random words to tell them from."""

from functools import cache

import torch
from torch import Tensor

from explainers.support.reviews import reviews, vocabulary


@cache
def neighbour_pairs(words: int, window: int) -> tuple[Tensor, Tensor]:
    """All pairs (word, neighbour) of the reviews (M, 2), and the noise to draw from (V + 1,), cumulative.

    Neighbours are at most ``window`` tokens apart in one sentence, both among the ``words`` most frequent.
    Frequent words are thinned out and noise is drawn with power 0.75, as in Mikolov et al. (2013). The
    thinning is always the same.
    """
    known = vocabulary(words)
    gap = [0] * window  # no pair across two sentences
    ids = torch.tensor([i for _, tokens in reviews() for i in [known.get(t, 0) for t in tokens] + gap])
    counts = torch.bincount(ids, minlength=words + 1).double()
    counts[0] = 0
    share = counts / counts.sum()
    keep = (1e-3 / share.clamp(min=1e-9)).sqrt().clamp(max=1) * (counts > 0)
    kept = torch.rand(len(ids), generator=torch.Generator().manual_seed(0)) < keep[ids]
    pairs = []
    for offset in range(1, window + 1):
        both = kept[:-offset] & kept[offset:]
        pair = torch.stack([ids[:-offset][both], ids[offset:][both]], dim=1)
        pairs += [pair, pair.flip(1)]
    return torch.cat(pairs), (counts**0.75).cumsum(0) / (counts**0.75).sum()


def noise(shape: tuple[int, int], cumulative: Tensor, generator: torch.Generator) -> Tensor:
    """Random words (N, K), drawn as often as ``cumulative`` says."""
    drawn = torch.rand(*shape, generator=generator, dtype=torch.float64)
    return torch.searchsorted(cumulative, drawn).clamp(max=len(cumulative) - 1)
