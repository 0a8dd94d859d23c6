"""The cosine of two vectors, worked out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import Arrow, Diagram, Grid

SHOWN = 8  # numbers of each vector on the picture


def cosine_parts(a: Array, b: Array) -> dict[str, Array]:
    """The dot product of a (…, d) and b (…, d), their lengths, and the cosine, from −1 to 1: (…,) each."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    parts = {"dot": np.vecdot(a, b)}
    parts |= {"norm_a": np.linalg.norm(a, axis=-1), "norm_b": np.linalg.norm(b, axis=-1)}
    return {**parts, "cosine": parts["dot"] / np.maximum(parts["norm_a"] * parts["norm_b"], 1e-12)}


def cosine_diagram(words: tuple[str, str], pairs: Sequence[Array], steps: list[int]) -> Diagram:
    """Two words' vectors, the products of their numbers, and the cosine.

    Args:
        words: whose vectors they are.
        pairs: both vectors (2, d) of every checkpoint.
        steps: optimiser step of every checkpoint.

    """
    d = pairs[-1].shape[1]
    shown = min(SHOWN, d)
    products = Label("title.product") if shown == d else Label("title.product_some", shown=shown, d=d)
    a, b = np.stack(pairs, axis=1)  # (F, d) each
    shown_parts = {"a": a[:, :shown], "b": b[:, :shown], "product": (a * b)[:, :shown]}
    worked_out = {name: values.tolist() for name, values in cosine_parts(a, b).items()}
    frames: list[dict[str, Any]] = [
        {name: values[f, :, None] for name, values in shown_parts.items()}
        | {name: [[values[f]]] for name, values in worked_out.items()}
        for f in range(len(pairs))
    ]
    grids = [
        Grid("a", (0, 0), title=words[0]),
        Grid("b", (1, 0), title=words[1]),
        Grid("product", (2, 0), title=products, arithmetic="{a:r,0} · {b:r,0} = {self}"),
        Grid("cosine", (3, 0), title=Label("title.cosine"), arithmetic=Label("how.cosine")),
        *(Grid(name, (3, 0), "hidden") for name in ("dot", "norm_a", "norm_b")),
    ]
    arrows = [Arrow("b", "product", "a · b"), Arrow("product", "cosine", "Σ")]
    return Diagram(grids, arrows, frames, steps, 4.0, ("cosine", 0, 0))
