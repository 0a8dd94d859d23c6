"""What tests of several pages ask of a sentence or of a diagram."""

from collections.abc import Iterable, Mapping

import numpy as np

from explainers.support.contract import Array, Say
from explainers.support.pictures import Diagram
from ui.locale import LANGUAGES, Words


def has_words(page: str, said: Iterable[Say], formula: Mapping[str, float] | None = None) -> None:
    """Every sentence, and the formula, can be filled with its numbers in every language."""
    sentences = list(said)
    for language in LANGUAGES:
        words = Words(language, page)
        for say in sentences:
            assert words.fill(words.page["see"][say.key], say.values), say.key
        if formula:
            assert words.formula(words.page["inside"]["numbers"], formula)


def stands_apart(picture: Diagram) -> None:
    """No two grids of a diagram stand in one place, neither on a wide screen nor on a narrow one."""
    grids = [grid for grid in picture.grids if grid.kind != "hidden"]
    assert len({grid.at for grid in grids}) == len(grids)
    narrow = [grid.narrow for grid in grids if grid.narrow and min(grid.narrow) >= 0]
    assert len(set(narrow)) == len(narrow)


def cells(picture: Diagram, name: str) -> Array:
    """The cells of a grid in the last frame: (rows, columns)."""
    return np.array(picture.frames[-1][name])
