"""The pretrained models in a warm process, on one thread, each beside the plainest other way.

The neighbours of a word in GloVe, exactly, against a second copy of all vectors, divided by their lengths,
and one matrix product. A sentence through MiniLM with all attentions against a direct call of transformers.
The ways take turns with the same words and sentences. The first visit to a page is measured by
`python -m benchmarks.first_load --pages glove bert`.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

os.environ["HF_HUB_OFFLINE"] = "1"

from benchmarks._common import table
from explainers import bert
from explainers.support.bert_model import MINILM, load_encoder
from explainers.support.glove_vectors import load

NEAREST = 10
WORDS = ["the", "river", "bank", "was", "muddy", "and", "he", "sat", "there", "until", "it", "got", "dark"]


def sentences(count: int) -> list[str]:
    """Different ones, of 4 to 13 words."""
    return [" ".join([*WORDS[: 3 + i % 10], str(i)]) for i in range(count)]


def milliseconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def direct() -> Callable[[str], Any]:
    """What one would write with the library."""
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(MINILM, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(MINILM)

    @torch.no_grad()
    def call(text: str) -> Any:
        given = tokenizer(text, return_tensors="pt")
        return model(**given, output_hidden_states=True, output_attentions=True)

    return call


def minilm(count: int) -> None:
    """p50 and p95 of ours, of the library, and of a whole reading of the page (two sentences, edit, head)."""
    start, cpu = time.perf_counter(), time.process_time()
    encoder = load_encoder()
    wall, cpu = 1000 * (time.perf_counter() - start), time.process_time() - cpu
    print(f"loading MiniLM: {wall:.0f} ms, CPU {cpu:.2f} s")
    library, checkpoint = direct(), next(iter(bert.train(bert.Training(sentences=20, steps=24))))
    encoder.encode("warm up"), library("warm up"), bert.read(checkpoint, bert.View())
    ours, theirs, readings = [], [], []
    for text in sentences(count):
        ours.append(milliseconds(lambda text=text: encoder.encode(text)))  # type: ignore[misc]
        theirs.append(milliseconds(lambda text=text: library(text)))  # type: ignore[misc]
        view = bert.View(first=text, word="the")
        readings.append(milliseconds(lambda view=view: bert.read(checkpoint, view)))  # type: ignore[misc]
    for name, found in {"ours": ours, "transformers": theirs, "a reading": readings}.items():
        print(f"{name}: p50 {np.median(found):.1f} ms, p95 {np.percentile(found, 95):.1f} ms")
    print(f"ours / transformers: {np.median(ours) / np.median(theirs):.2f}")


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
    parser.add_argument("--count", type=int, default=100, help="how many words, and how many sentences")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    glove(chosen.count)
    minilm(chosen.count)


if __name__ == "__main__":
    main()
