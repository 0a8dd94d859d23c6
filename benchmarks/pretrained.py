"""The pretrained models: a sentence through MiniLM with all attentions, against a call of transformers.

Both run in this process on one thread and take turns with the same sentences.
"""

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

os.environ["HF_HUB_OFFLINE"] = "1"

from explainers import bert
from explainers.support.bert_model import MINILM, load_encoder

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="how many sentences")
    torch.set_num_threads(1)
    minilm(parser.parse_args().count)
