"""Going back through a plain RNN by hand, one sequence, every number kept; and the picture of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from explainers.support.by_hand import Step
from explainers.support.contract import Array, Label
from explainers.support.pictures import Arrow, Diagram, Grid, Stage, Walk, low
from explainers.support.powers import power
from explainers.support.recall import LETTERS

SHOWN = 5  # units on the picture
TERMS = 2  # products of a sum that are written out
FAR = 1e12  # beyond it a number is drawn as a gap
BENDS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "identity": lambda z: z,
}  # fmt: skip
# φ′ at the states that φ gave.
SLOPES: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda h: 1 - h**2, "relu": lambda h: (h > 0) * 1.0, "identity": np.ones_like,
}  # fmt: skip


@dataclass(frozen=True)
class Backward:
    """One sequence through a plain RNN and back, in double precision. T steps, H units, 8 symbols."""

    symbols: list[int]  # (T,)
    activation: str
    inputs: Array  # (T, H): W_ih x_t + b_ih + b_hh
    recurrent: Array  # (T, H): W_hh h_{t−1}
    states: Array  # (T, H): h_t
    surprise: Array  # (8,): ∂L/∂logits = p − y
    loss: float
    deltas: Array  # (T, H): φ′ · ∂L/∂h_t
    gradients: Array  # (T, H): ∂L/∂h_t
    W_hh: Array  # (H, H)
    W_score: Array  # (8, H)


def backward(weights: Mapping[str, Array], symbols: Sequence[int], activation: str) -> Backward:
    """Forward, then ∂L/∂h_T = W_scoreᵀ (p − y) and ∂L/∂h_t = W_hhᵀ (φ′_{t+1} · ∂L/∂h_{t+1}), by hand.

    Args:
        weights: the parameters of a plain RNN that recalls (``Recall``) by torch's names.
        symbols: the sequence; its first is the answer.
        activation: ``tanh``, ``relu`` or ``identity``.

    """
    step = Step.of(weights, "cell")
    W_score, b_score = (weights[f"score.{name}"].astype(np.float64) for name in ("weight", "bias"))
    # A one-hot x_t picks a column of W_ih.
    inputs = step.W_ih.T[list(symbols)] + step.b_ih + step.b_hh  # (T, H)
    states, recurrent = np.zeros_like(inputs), np.zeros_like(inputs)  # (T, H)
    bend = BENDS[activation]
    with np.errstate(all="ignore"):  # what overflows is what the page shows
        for t in range(len(symbols)):
            if t:
                recurrent[t] = step.W_hh.dot(states[t - 1])
            states[t] = bend(inputs[t] + recurrent[t])
        logits = W_score @ states[-1] + b_score  # (8,)
        odds = np.exp(logits - logits.max())
        p = odds / odds.sum()
        slopes = SLOPES[activation](states)  # (T, H): φ′
        surprise = p - np.eye(len(p))[symbols[0]]
        gradients, deltas = np.zeros_like(inputs), np.zeros_like(inputs)  # (T, H)
        gradients[-1] = W_score.T @ surprise
        deltas[-1] = slopes[-1] * gradients[-1]
        for t in reversed(range(len(symbols) - 1)):
            gradients[t] = step.W_hh.T.dot(deltas[t + 1])
            deltas[t] = slopes[t] * gradients[t]
        loss = float(-np.log(p[symbols[0]]))
    return Backward(
        list(symbols), activation, inputs, recurrent, states, surprise, loss, deltas, gradients, step.W_hh,
        W_score,
    )  # fmt: skip


def cells(values: Array) -> Any:
    """Numbers as lists; None where one is not finite, or too long."""
    return np.where(np.abs(values) < FAR, values, np.array(None)).tolist()


def columns(name: str, values: Array, shown: Sequence[int]) -> dict[str, Any]:
    """Of values (S, H) at the shown steps, a grid for each: the first units, one below the other."""
    return {f"{name}{t}": column for t, column in zip(shown, cells(values[:, :SHOWN, None]), strict=True)}


def frame_of(back: Backward, shown: Sequence[int]) -> dict[str, Any]:
    """The numbers of every grid at one checkpoint; gradients as multiples of ‖∂L/∂h_T‖."""
    with np.errstate(all="ignore"):
        unit = float(np.linalg.norm(back.gradients[-1]))
        gradients, deltas, surprise = back.gradients / unit, back.deltas / unit, back.surprise / unit
        frame: dict[str, Any] = {"loss": [[back.loss]], "w_hh": cells(back.W_hh[:TERMS, :SHOWN])}
        frame |= {"w_score": cells(back.W_score[:TERMS, :SHOWN]), "surprise": cells(surprise[:TERMS, None])}
        at = [t - 1 for t in shown]
        after = deltas[[i + 1 for i in at[:-1]]]  # (S − 1, H): what each but the last comes from
        rest = [*after[:, TERMS:] @ back.W_hh[TERMS:], surprise[TERMS:] @ back.W_score[TERMS:]]  # (H,) each
        lengths = np.linalg.norm(gradients[at], axis=1).tolist()
    parts = {"h": back.states, "in": back.inputs, "rec": back.recurrent, "g": gradients, "d": deltas}
    for name, values in parts.items():
        frame |= columns(name, values[at], shown)
    frame |= columns("rest", np.stack(rest), shown)
    return frame | {f"n{t}": [[power(length)]] for t, length in zip(shown, lengths, strict=True)}


def step_grids(back: Backward, t: int, at: Mapping[int, int], of: int) -> list[Grid]:
    """What stands in the column of step t: its state, its gradient, its gradient's length.

    Args:
        back: the sequence.
        t: the step, from 1.
        at: the steps that are drawn, and their columns.
        of: how many columns there are.

    """
    T, h = len(back.symbols), f"h{low(t)}"
    bend = {"tanh": "tanh", "relu": "max0", "identity": ""}[back.activation]
    slope = {"tanh": "(1−h²)", "relu": "[h>0]", "identity": "1"}[back.activation]
    state = (
        f"{h}[{{r}}] = {bend}( `W_ih·x + b|{{in{t}:r,0}}` `W_hh·h{low(t - 1)}|{{rec{t}:r,0}}` ) = {{self}}"
    )
    W, factor, words = "w_hh", f"d{t + 1}", f"W_hh·{slope}·∂L/∂h{low(t + 1)}"
    if t == T:
        W, factor, words = "w_score", "surprise", "W_score·(p−y)"
    terms = " ".join(f"`{words}[{j}]|{{{W}:{j},r}}·({{{factor}:{j},0}})`" for j in range(TERMS))
    gradient = f"∂L/∂{h}[{{r}}] = {terms} `… Σ|{{rest{t}:r,0}}` = {{self}}"
    if t < T and t + 1 not in at:
        gradient = ""  # worked out from a neighbour that is not drawn
    # On a phone the whole way goes down: forward, the loss, back, each gradient with its length below.
    down, late = 3 * of - 2 * at[t] - 1, 2 * T + 2 - t
    return [
        Grid(f"h{t}", (at[t], 0), title=f"{LETTERS[back.symbols[t - 1]]} → {h}", arithmetic=state, step=t,
             narrow=(0, at[t])),
        Grid(f"g{t}", (at[t], 2), title=f"∂L/∂{h}", arithmetic=gradient, step=late, digits=3,
             narrow=(0, down)),
        Grid(f"n{t}", (at[t], 3), "plain", step=late, narrow=(0, down + 1)),
        *(Grid(f"{part}{t}", (at[t], 1), "hidden", digits=3) for part in ("in", "rec", "d", "rest")),
    ]  # fmt: skip


def backward_picture(backs: Sequence[Backward], steps: list[int]) -> Diagram:
    """States going forward above, gradients coming back below: the first two steps and the last three."""
    last = backs[-1]
    T = len(last.symbols)
    shown = sorted({1, 2, T - 2, T - 1, T})
    gap = len(shown) < T
    at = {t: place + (gap and t > 2) for place, t in enumerate(shown)}
    of = len(shown) + gap
    end = Grid(
        "loss",
        (at[T], 1),
        "plain",
        Label("title.loss"),
        arithmetic=Label("how.loss"),
        step=T + 1,
        narrow=(0, of),
    )
    grids = [end, *(grid for t in shown for grid in step_grids(last, t, at, of))]
    grids += [Grid(part, (0, 1), "hidden", digits=3) for part in ("w_hh", "w_score", "surprise")]
    forward, back = [f"h{t}" for t in shown], [f"g{t}" for t in shown]
    if gap:
        grids.append(Grid("gap0", (2, 0), "word", step=3, narrow=(0, 2)))
        grids.append(Grid("gap1", (2, 2), "word", step=2 * T - 1, narrow=(0, 3 * of - 5)))
        forward.insert(2, "gap0")
        back.insert(2, "gap1")
    arrows = [Arrow(f"h{T}", "loss"), Arrow("loss", f"g{T}")]
    arrows += [Arrow(a, b, "W_hh") for a, b in pairwise(forward)]
    arrows += [Arrow(b, a, "W_hhᵀ") for a, b in pairwise(back)]
    empty = {"gap0": [[None]], "gap1": [[None]]} if gap else {}
    frames = [frame_of(one, shown) | empty for one in backs]
    stages = [
        Stage(row, Label(f"stage.{part}")) for row, part in ((0, "states"), (2, "gradients"), (3, "norms"))
    ]
    stops = [(f"h{t}", Label("walk.forward", t=t)) for t in shown] + [("loss", Label("loss"))]
    stops += [(f"g{t}", Label("walk.back", t=t)) for t in reversed(shown)]
    walk = Walk(Label("walk.title"), Label("walk.play"), stops)
    return Diagram(grids, arrows, frames, steps, 0.4, ("g1", 0, 0), stages, walk)
