"""One step of a recurrent cell by hand: what nn.RNNCell, nn.GRUCell and nn.LSTMCell do, product by product.

The letters are those of torch's documentation. In double precision: to be looked at, not to be trained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from explainers.support.contract import Array


@dataclass(frozen=True)
class Step:
    """The numbers of one step, as torch names them: G blocks of H rows each.

    G is 1 in an RNN, 3 in a GRU (for r, z, n) and 4 in an LSTM (for i, f, g, o). Those of several models may
    be stacked, (N, …) each, for an input (N, d) and a state (N, H).
    """

    W_ih: Array  # (G·H, d): what the new input does to the state
    b_ih: Array  # (G·H,)
    W_hh: Array  # (G·H, H): what the state before does to it
    b_hh: Array  # (G·H,)

    @classmethod
    def stacked(cls, steps: Sequence["Step"]) -> "Step":
        """Those of N models, side by side."""
        return cls(*(np.stack([getattr(step, part.name) for step in steps]) for part in fields(cls)))

    @classmethod
    def of(cls, weights: Mapping[str, Array], layer: str, suffix: str = "_l0") -> "Step":
        """From the weights of a model, by torch's own names; ``layer`` is the recurrent one's."""
        names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
        return cls(*(weights[f"{layer}.{name}{suffix}"].astype(np.float64) for name in names))

    def read(self, vectors: Array) -> Array:
        """What inputs (…, d) add to the cell: W_ih x + b_ih, (…, G·H)."""
        return each_product(self.W_ih, vectors) + self.b_ih

    def recall(self, h: Array) -> Array:
        """What states (…, H) add to the cell: W_hh h + b_hh, (…, G·H)."""
        return each_product(self.W_hh, h) + self.b_hh

    def terms(self, vectors: Array, states: Array) -> dict[str, Array]:
        """What an RNN adds up before tanh for inputs (…, d) after states (…, H), as columns (…, H, 1)."""
        own = {"input": each_product(self.W_ih, vectors), "b_ih": self.b_ih}
        own |= {"memory": each_product(self.W_hh, states), "b_hh": self.b_hh}
        own["sum"] = own["input"] + own["b_ih"] + own["memory"] + own["b_hh"]
        return {name: value[..., None] for name, value in own.items()}


def each_product(W: Array, vectors: Array) -> Array:
    """W x for each of the vectors (…, d): (…, n).

    Each on its own, so that what is made of one is the same to the last bit whatever stands beside it.
    """
    return np.asarray((W @ vectors[..., None])[..., 0])


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + e⁻ᵃ), from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-a)))


def rnn_cell(step: Step, a: Array, h: Array) -> dict[str, Array]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) (Elman, 1990): states (…, H) and both their parts.

    Here and below, a = W_ih x_t + b_ih is what :meth:`Step.read` makes of the input.
    """
    m = step.recall(h)  # (…, H)
    return {"input": a, "memory": m, "state": np.tanh(a + m)}


def gru_cell(step: Step, a: Array, h: Array) -> dict[str, Array]:
    """h_t = (1 − z) · n + z · h_{t−1} (Cho et al., 2014): states (…, H), what is kept and what is new."""
    H, m = h.shape[-1], step.recall(h)
    gates = sigmoid(a[..., : 2 * H] + m[..., : 2 * H])  # r and z
    r, z = gates[..., :H], gates[..., H:]
    n = np.tanh(a[..., 2 * H :] + r * m[..., 2 * H :])
    return {"keep": z, "new": n, "state": (1 - z) * n + z * h}


def lstm_cell(step: Step, a: Array, h: Array, c: Array) -> dict[str, Array]:
    """c_t = f · c_{t−1} + i · g, h_t = o · tanh(c_t) (Hochreiter & Schmidhuber, 1997): o, c, h, (H,) each."""
    sums = (a + step.recall(h)).reshape(4, -1)  # (4, H)
    (i, f, _, o), g = sigmoid(sums), np.tanh(sums[2])  # (H,) each
    c = f * c + i * g
    return {"out": o, "cell": c, "state": o * np.tanh(c)}


def unroll(vectors: Array, step: Step) -> Array:
    """An RNN over vectors (T, d): the states h_0 = 0 and h_1 … h_T, (T + 1, H)."""
    states = np.zeros((len(vectors) + 1, step.W_hh.shape[1]))
    for t, a in enumerate(step.read(vectors), start=1):
        states[t] = rnn_cell(step, a, states[t - 1])["state"]
    return states


def unroll_gru(vectors: Array, steps: Step) -> Array:
    """N GRUs, each over its own vectors (N, T, d), from h_0 = 0: the states h_1 … h_T, (N, T, H)."""
    N, T, _ = vectors.shape
    states = np.zeros((N, T + 1, steps.W_hh.shape[-1]))
    for t in range(T):
        states[:, t + 1] = gru_cell(steps, steps.read(vectors[:, t]), states[:, t])["state"]
    return states[:, 1:]
