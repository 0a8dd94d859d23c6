"""Training: from a key press to the first picture of the new run, what streaming costs, CPU seconds a page.

The streaming is measured against the same loop of torch in a process of its own that keeps nothing and sends
nothing; engine and loop take turns with the same seeds.
"""

import argparse
import random
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from multiprocessing import get_context

import numpy as np
import torch
from playwright.sync_api import Page

from benchmarks._common import (
    BARE_PICTURE,
    both,
    chromium,
    finished,
    first,
    main_picture,
    press,
    table,
    watched,
)
from explainers.support.contract import Settings
from explainers.support.registry import find, names
from tests.browser.conftest import path_of
from training import Engine

LONG = 30.0  # seconds of the bare loop at least, for a page: a ratio of half seconds varies by a fifth
STEPS = 4  # key presses on a page: home's slider has no more left; then the next seed


def loop(name: str, training: Settings) -> tuple[float, float]:
    """Train without anybody watching: wall seconds and CPU seconds of this thread."""
    torch.set_num_threads(1)
    start, cpu = time.perf_counter(), time.thread_time()
    for _ in find(name).train(training):
        pass
    return time.perf_counter() - start, time.thread_time() - cpu


def way_on(page: Page, control: str) -> str:
    """The arrow key that a slider goes on with from where it stands; its fold is open then."""
    fold = page.locator(f"details:has(.st-key-{control})")
    if fold.count():
        fold.locator("summary").click()
    field = page.locator(f".st-key-{control} input")
    return "ArrowLeft" if field.get_attribute("value") == field.get_attribute("max") else "ArrowRight"


def first_picture(page_name: str, control: str, count: int) -> None:
    """A key press on a ``Training`` slider that nobody asked for before, beside the bare app's slider.

    The first one on a page that was just opened stands apart, for either app.
    """
    firsts: tuple[list[float], list[float]] = ([], [])  # the bare app's, ours
    others: tuple[list[float], list[float]] = ([], [])
    seed = random.randrange(900)  # nobody picks them
    with both() as (app, bare), chromium() as browser:
        while len(others[1]) < count:
            other = watched(browser, bare, BARE_PICTURE)
            page = watched(browser, f"{app}/{path_of(page_name)}?seed={seed}", main_picture(page_name))
            finished(other), finished(page)
            there, here = cycle(["ArrowRight"]), cycle([way_on(page, control)])
            for base, ours in [firsts] + [others] * (STEPS - 1):
                press(other, "step", there)
                base.append(finished(other))
                press(page, control, here)
                ours.append(first(page))
            for opened in (other, page):
                opened.context.close()
            seed += 1
    print(f"{page_name}, control {control}, seeds to {seed - 1}")
    for which, (base, ours) in (("", others), (", the first on a page", firsts)):
        bare_row = (f"bare: slider → picture{which}", base, None)
        table([bare_row, (f"training slider → first picture{which}", ours, 2)], base)


def streaming(chosen: list[str], pairs: int) -> None:
    """The engine's wall time over the bare loop's, and the CPU seconds of each default."""
    engine = Engine(workers=1)
    engine.start()
    row = "{:<18} {:>9} {:>9} {:>9} {:>10} {:>10}"
    print(row.format("default of", "loop s", "engine s", "overhead", "CPU s", "CPU s cold"))
    print(row.format("target", "", "", "≤ 10 %", "≤ 3", ""))
    try:
        for name in chosen:
            default = find(name).Training()
            kind = get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=kind) as pool:
                cold = pool.submit(loop, name, default).result()[1]
                engine.request("benchmark", name, default).wait(600)
                plain: list[float] = []
                streamed: list[float] = []
                used: list[float] = []
                while len(plain) < pairs or sum(plain) < LONG:
                    training = default.model_copy(update={"seed": default.seed + len(plain) + 1})
                    wall, cpu = pool.submit(loop, name, training).result()
                    plain.append(wall)
                    used.append(cpu)
                    start = time.perf_counter()
                    engine.request("benchmark", name, training).wait(600)
                    streamed.append(time.perf_counter() - start)
            ratio = np.median([b / a for a, b in zip(plain, streamed, strict=True)])
            figures = [np.median(plain), np.median(streamed), ratio - 1, np.median(used), cold]
            print(row.format(name, *(f"{v:.1%}" if v is figures[2] else f"{v:.2f}" for v in figures)))
    finally:
        engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", default="embedding")
    parser.add_argument("--control", default="dim")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--pages", nargs="+", default=names())
    parser.add_argument("--pairs", type=int, default=7)
    chosen = parser.parse_args()
    streaming(chosen.pages, chosen.pairs)  # first: it counts milliseconds, and servers leave the machine warm
    first_picture(chosen.page, chosen.control, chosen.count)


if __name__ == "__main__":
    main()
