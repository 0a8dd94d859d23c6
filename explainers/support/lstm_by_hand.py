"""One sequence through an LSTM and through a plain RNN, and the gradient all the way back: written out.

In numpy and in double precision: a page asks for this at every checkpoint, and for one sequence at a time
torch would spend its time on being called. The letters, and the order of the rows, are torch's.
"""

from collections.abc import Mapping

import numpy as np

from explainers.support.contract import Array
from explainers.support.lstm_cell import GATES


def lstm_forward(weights: Mapping[str, Array], x: Array, hold: str) -> tuple[Array, Array, Array]:
    """Read x (T, I) with the parameters of an ``nn.LSTM``, from zero states, with one gate held or none.

    Returns:
        The gates (T, 4, H), c and h (T, H) after every step.

    """
    W_hh = weights["weight_hh_l0"]  # (4H, H)
    T, H = len(x), W_hh.shape[1]
    # σ(a) = ½ + ½·tanh(½·a), so that one tanh makes all four. A held gate is its value and nothing else.
    half = np.array([[0.5], [0.5], [1.0], [0.5]]).repeat(H, axis=1)  # (4, H)
    base, span = 1 - half, half.copy()  # (4, H)
    for row, gate in enumerate(GATES):
        if hold.startswith(gate):  # forget_shut
            base[row], span[row] = float(hold.endswith("open")), 0
    from_x = x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"]  # (T, 4H)
    from_x, from_h = half * from_x.reshape(T, 4, H), half.reshape(-1, 1) * W_hh  # (T, 4, H), (4H, H)
    gates, cs, hs = np.empty((T, 4, H)), np.empty((T, H)), np.empty((T, H))
    h = c = np.zeros(H)
    for t, now in enumerate(from_x):
        i, f, g, o = gates[t] = base + span * np.tanh(now + from_h.dot(h).reshape(4, H))  # (H,) each
        cs[t] = c = f * c + i * g
        hs[t] = h = o * np.tanh(c)
    return gates, cs, hs


def lstm_backward(W_hh: Array, gates: Array, c: Array, dh: Array) -> Array:
    """∂L/∂c_t at every step, (T, H), by backpropagation through time.

    Args:
        W_hh: of the ``nn.LSTM``, (4H, H).
        gates: (T, 4, H), as :func:`lstm_forward` returns them.
        c: (T, H), likewise.
        dh: ∂L/∂h_T, (H,): the loss sees the last hidden state alone.

    """
    i, f, g, o = gates.swapaxes(0, 1)  # (T, H) each
    before, tanh_c = np.concatenate([0 * c[:1], c[:-1]]), np.tanh(c)  # (T, H)
    slope = gates * (1 - gates)  # (T, 4, H): of σ; 0 where a gate is held at 0 or at 1
    slope[:, 2] = 1 - g * g  # of tanh
    c_by_sums = slope * np.stack([g, before, i, 0 * o], axis=1)  # (T, 4, H): ∂c_t/∂sums_t
    h_by_output = slope[:, 3] * tanh_c  # (T, H): ∂h_t/∂sums_t in the row of o
    h_by_c = o * (1 - tanh_c * tanh_c)  # (T, H): ∂h_t/∂c_t
    found = np.empty_like(c)
    found[-1] = dc = h_by_c[-1] * dh
    for t in range(len(c) - 1, 0, -1):
        sums = c_by_sums[t] * dc  # (4, H): ∂L/∂sums_t
        sums[3] = h_by_output[t] * dh
        dh = sums.reshape(-1).dot(W_hh)  # ∂L/∂h_(t − 1): the way through the sums
        found[t - 1] = dc = f[t] * dc + h_by_c[t - 1] * dh  # the cell state's own way, and that through h
    return found


def rnn_forward(weights: Mapping[str, Array], x: Array) -> Array:
    """Read x (T, I) with the parameters of an ``nn.RNN``: its hidden states after every step, (T, H)."""
    W_hh = weights["weight_hh_l0"]  # (H, H)
    from_x = x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"] + weights["bias_hh_l0"]  # (T, H)
    hs, h = np.empty_like(from_x), np.zeros(len(W_hh))
    for t, now in enumerate(from_x):
        hs[t] = h = np.tanh(now + W_hh.dot(h))
    return hs


def rnn_backward(W_hh: Array, h: Array, dh: Array) -> Array:
    """∂L/∂h_t at every step, (T, H), of an RNN's states h (T, H); ``dh`` (H,) is ∂L/∂h_T."""
    slope, found = 1 - h * h, np.empty_like(h)  # (T, H): of tanh
    found[-1] = dh
    for t in range(len(h) - 1, 0, -1):
        found[t - 1] = dh = (slope[t] * dh).dot(W_hh)
    return found
