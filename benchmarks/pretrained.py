"""Pretrained models: a nearest-neighbour query over all of GloVe, exact, in a warm process.

It is measured against the plainest way: a second copy of all vectors, divided by their lengths, and one
matrix product. Both take turns with the same words. The first visit to a page is `first_load --pages glove`.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks._common import table
from explainers.support.glove_vectors import load

NEAREST = 10


def memory(kind: str) -> float:
    """How many megabytes of this process are of one kind (``RssAnon``: its own; ``RssFile``: shared)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) / 1024


def glove(count: int) -> None:
    """A query for the neighbours of a word, ``count`` times, each time another word."""
    start, before = time.perf_counter(), memory("RssAnon")
    vectors = load()
    loaded, own = time.perf_counter() - start, memory("RssAnon") - before
    units = np.ascontiguousarray(vectors.vectors / vectors.norms[:, None])  # (400000, 50)
    rows = np.random.default_rng(0).choice(20_000, count, replace=False).tolist()

    def ours(row: int) -> list[int]:
        return [i for i, _ in vectors.nearest(vectors.vectors[row], NEAREST)]

    def plain(row: int) -> list[int]:
        cosines = units @ units[row]  # (400000,)
        best = np.argpartition(-cosines, NEAREST)[:NEAREST]
        return best[np.argsort(-cosines[best])].tolist()

    ways: dict[Callable[[int], list[int]], list[float]] = {plain: [], ours: []}
    for row in [*rows[:3], *rows]:  # the first few warm both
        for way, times in ways.items():
            begin = time.perf_counter()
            way(row)
            times.append(1000 * (time.perf_counter() - begin))
    same = sum(ours(row) == plain(row) for row in rows)
    print(f"GloVe: loaded in {loaded:.2f} s, {own:.0f} MB of this process's own")
    print(f"neighbours of {count} words, {same} of them the same both ways (others: ties in the last digit)")
    rows_of = [("plain: normalised copy", ways[plain][3:], None), ("neighbours of a word", ways[ours][3:], 1)]
    table(rows_of, ways[plain][3:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    chosen = parser.parse_args()
    glove(chosen.count)


if __name__ == "__main__":
    main()
