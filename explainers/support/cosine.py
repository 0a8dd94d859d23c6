"""The cosine of two vectors, worked out."""

from collections.abc import Sequence

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.pictures import Arrow, Diagram, Grid

SHOWN = 8  # numbers of each vector on the picture


def cosine_parts(a: Array, b: Array) -> dict[str, float]:
    """The dot product of a (d,) and b (d,), their lengths, and the cosine, from −1 to 1."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    parts = {"dot": float(a @ b), "norm_a": float(np.linalg.norm(a)), "norm_b": float(np.linalg.norm(b))}
    return {**parts, "cosine": parts["dot"] / max(parts["norm_a"] * parts["norm_b"], 1e-12)}


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
    frames = []
    for pair in pairs:
        a, b = pair[:, :shown, None]  # (d, 1) each
        parts = {name: [[value]] for name, value in cosine_parts(*pair).items()}
        frames.append({"a": a, "b": b, "product": a * b, **parts})
    grids = [
        Grid("a", (0, 0), title=words[0]),
        Grid("b", (1, 0), title=words[1]),
        Grid("product", (2, 0), title=products, arithmetic="{a:r,0} · {b:r,0} = {self}"),
        Grid("cosine", (3, 0), title=Label("title.cosine"), arithmetic=Label("how.cosine")),
        *(Grid(name, (3, 0), "hidden") for name in ("dot", "norm_a", "norm_b")),
    ]
    arrows = [Arrow("b", "product", "a · b"), Arrow("product", "cosine", "Σ")]
    return Diagram(grids, arrows, frames, steps, 4.0, ("cosine", 0, 0))
