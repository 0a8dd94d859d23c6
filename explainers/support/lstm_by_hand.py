"""One sequence through an LSTM and through a plain RNN, and the gradient all the way back: written out.

In numpy and in double precision: a page asks for this at every checkpoint, and for one sequence at a time
torch would spend its time on being called. The letters, and the order of the rows, are torch's. Those of
several models may be stacked, (N, …) each: a step of all is taken at once.
"""

from collections.abc import Mapping

import numpy as np

from explainers.support.by_hand import each_product
from explainers.support.contract import Array
from explainers.support.lstm_cell import GATES


def from_inputs(weights: Mapping[str, Array], x: Array) -> Array:
    """What the inputs x (…, T, I) add to the sums of every step, both biases with it: (…, T, G·H)."""
    biases = weights["bias_ih_l0"] + weights["bias_hh_l0"]
    return np.asarray(x @ weights["weight_ih_l0"].swapaxes(-1, -2) + biases[..., None, :])


def lstm_forward(weights: Mapping[str, Array], x: Array, hold: str) -> tuple[Array, Array, Array]:
    """Read x (…, T, I) with the parameters of an ``nn.LSTM``, from zero states, with one gate held or none.

    Returns:
        The gates (…, T, 4, H), c and h (…, T, H) after every step.

    """
    W_hh = weights["weight_hh_l0"]  # (…, 4H, H)
    *models, T, _ = x.shape
    H = W_hh.shape[-1]
    # σ(a) = ½ + ½·tanh(½·a), so that one tanh makes all four. A held gate is its value and nothing else.
    half = np.array([[0.5], [0.5], [1.0], [0.5]]).repeat(H, axis=1)  # (4, H)
    base, span = 1 - half, half.copy()  # (4, H)
    for row, gate in enumerate(GATES):
        if hold.startswith(gate):  # forget_shut
            base[row], span[row] = float(hold.endswith("open")), 0
    from_x = half * from_inputs(weights, x).reshape(*models, T, 4, H)
    from_h = half.reshape(-1, 1) * W_hh  # (…, 4H, H)
    gates, cs, hs = np.empty_like(from_x), np.empty((*models, T, H)), np.empty((*models, T, H))
    h = c = np.zeros((*models, H))
    for t in range(T):
        sums = from_x[..., t, :, :] + each_product(from_h, h).reshape(*models, 4, H)
        gates[..., t, :, :] = own = base + span * np.tanh(sums)
        i, f, g, o = np.moveaxis(own, -2, 0)  # (…, H) each
        cs[..., t, :] = c = f * c + i * g
        hs[..., t, :] = h = o * np.tanh(c)
    return gates, cs, hs


def lstm_backward(W_hh: Array, gates: Array, c: Array, dh: Array) -> Array:
    """∂L/∂c_t at every step, (…, T, H), by backpropagation through time.

    Args:
        W_hh: of the ``nn.LSTM``, (…, 4H, H).
        gates: (…, T, 4, H), as :func:`lstm_forward` returns them.
        c: (…, T, H), likewise.
        dh: ∂L/∂h_T, (…, H): the loss sees the last hidden state alone.

    """
    i, f, g, o = np.moveaxis(gates, -2, 0)  # (…, T, H) each
    before, tanh_c = one_earlier(c), np.tanh(c)  # (…, T, H)
    slope = gates * (1 - gates)  # (…, T, 4, H): of σ; 0 where a gate is held at 0 or at 1
    slope[..., 2, :] = 1 - g * g  # of tanh
    c_by_sums = slope * np.stack([g, before, i, 0 * o], axis=-2)  # (…, T, 4, H): ∂c_t/∂sums_t
    h_by_output = slope[..., 3, :] * tanh_c  # (…, T, H): ∂h_t/∂sums_t in the row of o
    h_by_c = o * (1 - tanh_c * tanh_c)  # (…, T, H): ∂h_t/∂c_t
    found, back = np.empty_like(c), W_hh.swapaxes(-1, -2)  # (…, H, 4H)
    found[..., -1, :] = dc = h_by_c[..., -1, :] * dh
    for t in range(c.shape[-2] - 1, 0, -1):
        sums = c_by_sums[..., t, :, :] * dc[..., None, :]  # (…, 4, H): ∂L/∂sums_t
        sums[..., 3, :] = h_by_output[..., t, :] * dh
        dh = each_product(back, sums.reshape(*dh.shape[:-1], -1))  # ∂L/∂h_(t − 1): the way through the sums
        # The cell state's own way, and that through h.
        found[..., t - 1, :] = dc = f[..., t, :] * dc + h_by_c[..., t - 1, :] * dh
    return found


def rnn_forward(weights: Mapping[str, Array], x: Array) -> Array:
    """Read x (…, T, I) with the parameters of an ``nn.RNN``: its states after every step, (…, T, H)."""
    from_x = from_inputs(weights, x)  # (…, T, H)
    hs, h = np.empty_like(from_x), 0 * from_x[..., 0, :]
    for t in range(x.shape[-2]):
        hs[..., t, :] = h = np.tanh(from_x[..., t, :] + each_product(weights["weight_hh_l0"], h))
    return hs


def rnn_backward(W_hh: Array, h: Array, dh: Array) -> Array:
    """∂L/∂h_t at every step, (…, T, H), of an RNN's states h (…, T, H); ``dh`` (…, H) is ∂L/∂h_T."""
    slope, found, back = 1 - h * h, np.empty_like(h), W_hh.swapaxes(-1, -2)  # (…, T, H): of tanh
    found[..., -1, :] = dh
    for t in range(h.shape[-2] - 1, 0, -1):
        found[..., t - 1, :] = dh = each_product(back, slope[..., t, :] * dh)
    return found


def one_earlier(states: Array) -> Array:
    """States (…, T, H) one step earlier: zeros first."""
    return np.concatenate([0 * states[..., :1, :], states[..., :-1, :]], axis=-2)
