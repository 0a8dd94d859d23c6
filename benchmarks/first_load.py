"""From opening a page at its finished default to its main picture, against a bare app's first load.

Cold, a first load, is a new browser context, with nothing cached; warm is a new page in the same context.
"""

import argparse

from benchmarks._common import BARE_PICTURE, both, chromium, finished, main_picture, table, watched
from explainers.support.registry import names
from tests.browser.conftest import path_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="+", default=names())
    parser.add_argument("--count", type=int, default=10)
    chosen = parser.parse_args()
    with both() as (app, bare), chromium() as browser:
        places = {"bare": (bare, BARE_PICTURE)}
        for name in chosen.pages:
            places[name] = (f"{app}/{path_of(name)}", main_picture(name))
        cold: dict[str, list[float]] = {name: [] for name in places}
        warm: dict[str, list[float]] = {name: [] for name in places}
        for turn in range(chosen.count + 1):
            for name, (url, selector) in places.items():
                page = watched(browser, url, selector)
                times = [finished(page)]
                again = page.context.new_page()
                again.goto(url)
                times.append(finished(again))
                page.context.close()
                if turn:  # the first turn warms the servers: their imports, the defaults' training
                    cold[name].append(times[0])
                    warm[name].append(times[1])
    for what, found in (("cold", cold), ("warm", warm)):
        print(f"first load, {what} browser cache")
        target = 1.5 if what == "cold" else None
        rows = [(name, times, None if name == "bare" else target) for name, times in found.items()]
        table(rows, found["bare"])


if __name__ == "__main__":
    main()
