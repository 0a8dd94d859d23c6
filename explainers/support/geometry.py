"""Distances between vectors, and the plane in which most of their differences lie."""

from collections.abc import Callable

import numpy as np

from explainers.support.contract import Array


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
    axes = principal_axes(vectors)[0][:k]  # (≤ k, d)
    middle = vectors.mean(axis=0)

    def projected(others: Array) -> Array:
        flat = (others - middle) @ axes.T  # (M, ≤ k)
        return np.pad(flat, ((0, 0), (0, k - flat.shape[1])))  # d = 1 is a line

    return projected


def first_of(distances: Array, count: int) -> list[int]:
    """The rows of the ``count`` smallest of distances (N,), nearest first, equal ones in their order.

    Sorting all of them would take as long as everything else in a picture.
    """
    near = np.flatnonzero(distances <= np.partition(distances, count)[count])
    return [int(row) for row in near[np.argsort(distances[near], kind="stable")][:count]]


def place_of(distances: Array, row: int) -> int:
    """At which place a row stands among distances (N,), the nearest first, counted from 1."""
    nearer, same = distances < distances[row], distances[:row] == distances[row]
    return int(nearer.sum() + same.sum()) + 1
