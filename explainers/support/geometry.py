"""Distances between vectors, and the plane in which most of their differences lie."""

from collections.abc import Callable

import numpy as np

from explainers.support.contract import Array, Checkpoint
from explainers.support.once import latest


def cosine_distances(a: Array, b: Array) -> Array:
    """1 − cosine between the rows of a (M, d) and of b (N, d): (M, N), from 0 to 2."""
    a, b = (m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-12) for m in (a, b))
    return np.asarray(1 - a @ b.T)


def principal_axes(vectors: Array) -> tuple[Array, Array]:
    """PCA of vectors (N, d): axes (min(N, d), d), the first along the largest spread, and their shares.

    The shares of the variance (min(N, d),) add up to 1; they are 0 where all vectors are the same. The sign
    of each axis is fixed: its largest entry is positive (Pearson, 1901; computed by SVD).
    """
    centred = np.asarray(vectors, dtype=np.float64) - np.mean(vectors, axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    squares = singular**2
    return axes * np.sign(largest)[:, None], squares / max(squares.sum(), 1e-300)


def projection(vectors: Array, k: int) -> Callable[[Array], Array]:
    """The map of these vectors (N, d) along their first k principal axes: vectors (M, d) → places (M, k)."""
    axes = principal_axes(vectors)[0][:k].astype(vectors.dtype)  # (≤ k, d)
    middle = axes @ vectors.mean(axis=0)

    def projected(others: Array) -> Array:
        flat = axes @ others.T - middle[:, None]  # (≤ k, M)
        return (np.pad(flat, ((0, k - len(flat)), (0, 0))) if len(flat) < k else flat).T  # d = 1: a line

    return projected


def distances_from(vectors: Array, own: int, without: int) -> Array:
    """|a − b| from row ``own`` to all of vectors (…, N, k): (…, N), infinite to itself and to ``without``."""
    away = vectors - vectors[..., own, None, :]
    distances = np.sqrt(np.einsum("...nk,...nk->...n", away, away))  # a third of the time of np.linalg.norm
    distances[..., [own, without]] = np.inf
    return np.asarray(distances)


@latest(4)
def away_from(checkpoint: Checkpoint, own: int, without: int) -> Array:
    """The same in the d dimensions of the vectors, which stay while other words are followed: (V + 1,)."""
    (table,) = (table for name, table in checkpoint.weights.items() if name.endswith("embed.weight"))
    return distances_from(table, own, without)


def first_of(distances: Array, count: int) -> Array:
    """Of each row of distances (F, N) the places of the ``count`` smallest, nearest first: (F, count) int64.

    Equal ones come in their order. Numbers are sorted fast, places (``argsort``) twenty times as slowly: of
    those, only the few that are near enough.
    """
    limits = np.sort(distances, axis=1)[:, count - 1]
    rows, places = np.nonzero(distances <= limits[:, None])
    order = np.lexsort((places, distances[rows, places], rows))
    first = np.searchsorted(rows, np.arange(len(distances)))  # where each row begins
    return np.asarray(places[order[first[:, None] + np.arange(count)]])


def places_of(distances: Array, chosen: Array) -> Array:
    """At which places ``chosen`` (F, K) stand in the rows of distances (F, N): (F, K), the nearest is 1.

    Of equal ones the first is nearer.
    """
    ordered, own = np.sort(distances, axis=1), np.take_along_axis(distances, chosen, 1)  # (F, N), (F, K)
    below = np.stack([np.searchsorted(row, some) for row, some in zip(ordered, own, strict=True)])
    after = np.take_along_axis(ordered, np.minimum(below + 1, distances.shape[1] - 1), 1)
    for f, k in np.argwhere(after == own):  # others are as near
        below[f, k] += np.count_nonzero(distances[f, : chosen[f, k]] == own[f, k])
    return below + 1
