"""Words as rows with a single 1 each, and what lies between them."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from explainers.support.contract import Array


def one_hot_rows(ids: Sequence[int], V: int) -> Array:
    """Ids from 1 to V → rows (T, V) float32 with a single 1 each; 0, an unknown word, has no column."""
    rows = np.zeros((len(ids), V + 1), dtype=np.float32)
    rows[np.arange(len(ids)), list(ids)] = 1
    return rows[:, 1:]


@lru_cache(maxsize=256)  # of a run's checkpoints all have the same
def between(ids: tuple[int, ...], V: int) -> tuple[list[list[float]], ...]:
    """Between words: how far apart their ids are, and their one-hot rows, and the cosines: (K, K) each."""
    rows = one_hot_rows(ids, V)  # (K, V)
    # |a − b|² = |a|² + |b|² − 2 a·b, from the rows themselves: nothing here is assumed.
    products = rows @ rows.T  # (K, K)
    squares = np.diag(products)
    distances = np.sqrt(squares[:, None] + squares[None] - 2 * products)
    cosines = products / np.sqrt(squares[:, None] * squares[None])
    return [[abs(a - b) for b in ids] for a in ids], distances.tolist(), cosines.tolist()
