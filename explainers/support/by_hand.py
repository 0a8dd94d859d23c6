"""One step of a recurrent cell by hand: what nn.RNNCell, nn.GRUCell and nn.LSTMCell do, product by product.

The letters are those of torch's documentation. In double precision and one sequence at a time: to be looked
at, not to be trained.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explainers.support.contract import Array


@dataclass(frozen=True)
class Step:
    """The numbers of one step, as torch names them: G blocks of H rows each.

    G is 1 in an RNN, 3 in a GRU (for r, z, n) and 4 in an LSTM (for i, f, g, o).
    """

    W_ih: Array  # (G·H, d): what the new input does to the state
    b_ih: Array  # (G·H,)
    W_hh: Array  # (G·H, H): what the state before does to it
    b_hh: Array  # (G·H,)

    @classmethod
    def of(cls, weights: Mapping[str, Array], layer: str, suffix: str = "_l0") -> "Step":
        """From the weights of a model, by torch's own names; ``layer`` is the recurrent one's."""
        names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
        return cls(*(weights[f"{layer}.{name}{suffix}"].astype(np.float64) for name in names))

    def sums(self, x: Array, h: Array) -> tuple[Array, Array]:
        """What the input x (d,) and the state h (H,) add to the cell: W_ih x + b_ih and W_hh h + b_hh."""
        return self.W_ih @ x + self.b_ih, self.W_hh @ h + self.b_hh

    def terms(self, x: Array, h: Array) -> dict[str, Array]:
        """What an RNN adds up before tanh for the input x (d,) after the state h (H,), as columns (H, 1)."""
        own = {"input": self.W_ih @ x, "b_ih": self.b_ih, "memory": self.W_hh @ h, "b_hh": self.b_hh}
        own["sum"] = np.sum(list(own.values()), axis=0)
        return {name: value[:, None] for name, value in own.items()}


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + e⁻ᵃ), from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-a)))


def rnn_cell(step: Step, x: Array, h: Array) -> dict[str, Array]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) (Elman, 1990): the state (H,) and both its parts."""
    a, m = step.sums(x, h)  # (H,) each
    return {"input": a, "memory": m, "state": np.tanh(a + m)}


def gru_cell(step: Step, x: Array, h: Array) -> dict[str, Array]:
    """h_t = (1 − z) · n + z · h_{t−1} (Cho et al., 2014): the state, what is kept, what is new, (H,) each."""
    (a_r, a_z, a_n), (m_r, m_z, m_n) = (np.split(part, 3) for part in step.sums(x, h))  # (H,) each
    r, z = sigmoid(a_r + m_r), sigmoid(a_z + m_z)
    n = np.tanh(a_n + r * m_n)
    return {"keep": z, "new": n, "state": (1 - z) * n + z * h}


def lstm_cell(step: Step, x: Array, h: Array, c: Array) -> dict[str, Array]:
    """c_t = f · c_{t−1} + i · g, h_t = o · tanh(c_t) (Hochreiter & Schmidhuber, 1997): o, c, h, (H,) each."""
    i, f, g, o = np.split(np.add(*step.sums(x, h)), 4)  # (H,) each
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return {"out": sigmoid(o), "cell": c, "state": sigmoid(o) * np.tanh(c)}


def unroll(vectors: Array, step: Step) -> Array:
    """An RNN over vectors (T, d): the states h_0 = 0 and h_1 … h_T, (T + 1, H)."""
    states = [np.zeros(step.W_hh.shape[1])]
    for x in vectors:
        states.append(rnn_cell(step, x, states[-1])["state"])
    return np.stack(states)
