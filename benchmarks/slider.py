"""A change that asks the trained model again, and scrubbing in the browser, against a bare app's slider.

Page, control and picture are parameters: a slider is moved by an arrow key, a text is typed and taken over
with Enter. No value comes twice within a few changes, so that no side draws from Streamlit's message cache.
"""

import argparse
import random
from collections.abc import Iterator
from itertools import cycle

from benchmarks._common import (
    BARE_PICTURE,
    both,
    chromium,
    finished,
    main_picture,
    picture_of,
    press,
    table,
    watched,
)
from explainers.support.registry import find
from explainers.support.reviews import words_by_frequency
from tests.browser.conftest import path_of

WARM = 3  # changes before the ones that count
SCRUBS = 3  # frames that somebody looks at after a change


def texts() -> Iterator[str]:
    """Texts of three frequent words of the reviews, always new ones."""
    dice = random.Random(1)
    words = [word for word in words_by_frequency()[50:500] if word.isalpha()]
    while True:
        yield " ".join(dice.sample(words, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", default="average_pooling")
    parser.add_argument("--control", default="shuffle", help="key of a field of the page's View")
    parser.add_argument("--picture", help="the page's main picture, if not given")
    parser.add_argument("--count", type=int, default=40)
    chosen = parser.parse_args()
    selector = picture_of(chosen.picture) if chosen.picture else main_picture(chosen.page)
    arrows = ["ArrowRight"] * 3 + ["ArrowLeft"] * 3
    is_text = find(chosen.page).View.model_fields[chosen.control].annotation is str
    keys = {
        "bare": cycle(arrows),
        "view": texts() if is_text else cycle(arrows),
        "scrub": cycle(arrows[::-1]),
    }
    times: dict[str, list[float]] = {name: [] for name in keys}
    with both() as (app, bare), chromium() as browser:
        page = watched(browser, f"{app}/{path_of(chosen.page)}", selector)
        other = watched(browser, bare, BARE_PICTURE)
        finished(page), finished(other)
        scrubber = page.locator(selector.replace(".u-canvas", ".u-scrub input")).last
        scrubber.press("End")  # some pictures open at their first frame
        for _ in range(chosen.count + WARM):
            press(other, "step", keys["bare"])
            times["bare"].append(finished(other))
            press(page, chosen.control, keys["view"])
            times["view"].append(finished(page))
            scrubber.focus()
            for _ in range(SCRUBS):
                page.keyboard.press(next(keys["scrub"]))
                times["scrub"].append(finished(page))
    print(f"{chosen.page}, control {chosen.control}, {selector}")
    kept = {name: found[WARM * (SCRUBS if name == "scrub" else 1) :] for name, found in times.items()}
    table(
        [
            ("bare: slider → picture", kept["bare"], None),
            (f"{chosen.control} → picture", kept["view"], 0.9),
            ("scrubber → picture (and p50 < 50 ms)", kept["scrub"], 0.3),
            ("… the first after a change, 1 ms after it is reached", kept["scrub"][::SCRUBS], None),
        ],
        kept["bare"],
    )


if __name__ == "__main__":
    main()
