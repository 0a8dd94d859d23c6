"""A stroke on LeNet-5's pad, from the key press to all layers shown, against a bare app's slider.

The pen is down and an arrow key moves it: the drawing grows by one piece, the server prepares the digit and
sends it through every checkpoint, and the browser draws the maps and the answers.
"""

import argparse
from collections.abc import Iterator
from itertools import cycle

from playwright.sync_api import Page

from benchmarks._common import BARE_PICTURE, both, chromium, finished, main_picture, press, table, watched

WARM = 3  # changes before the ones that count
STROKE = ["Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft",
          "Shift+ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight"]  # fmt: skip


def pieces(page: Page) -> Iterator[str]:
    """Keys that each add a piece to a stroke; after each stroke the pad is cleared and the pen put down."""
    sheet = page.locator(".u-pad-sheet")
    while True:
        sheet.focus()
        page.keyboard.press("Backspace")
        page.keyboard.press("Space")
        finished(page)
        yield from STROKE


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", default="lenet")
    parser.add_argument("--count", type=int, default=40)
    chosen = parser.parse_args()
    times: dict[str, list[float]] = {"bare": [], "draw": [], "scrub": []}
    arrows = cycle(["ArrowRight"] * 3 + ["ArrowLeft"] * 3)
    selector = main_picture(chosen.page)
    with both() as (app, bare), chromium() as browser:
        page = watched(browser, f"{app}/{chosen.page}", selector)
        other = watched(browser, bare, BARE_PICTURE)
        finished(page), finished(other)
        scrubber = page.locator(selector.replace(".u-canvas", ".u-scrub input")).last
        page.bring_to_front()
        keys, back = pieces(page), cycle(["ArrowLeft"] * 3 + ["ArrowRight"] * 3)
        for _ in range(chosen.count + WARM):
            press(other, "step", arrows)
            times["bare"].append(finished(other))
            page.bring_to_front()
            key = next(keys)
            page.locator(".u-pad-sheet").focus()
            page.keyboard.press(key)
            times["draw"].append(finished(page))
            scrubber.focus()
            page.keyboard.press(next(back))
            times["scrub"].append(finished(page))
    kept = {name: found[WARM:] for name, found in times.items()}
    print(f"{chosen.page}, {selector}")
    table(
        [
            ("bare: slider → picture", kept["bare"], None),
            ("stroke → all layers shown (and p50 < 100 ms)", kept["draw"], None),
            ("scrubber → picture (and p50 < 50 ms)", kept["scrub"], 0.3),
        ],
        kept["bare"],
    )


if __name__ == "__main__":
    main()
