"""The cells by hand are torch's, whatever their size and weights."""

import numpy as np
import pytest
import torch
from torch import nn

from explainers.support.by_hand import Step, gru_cell, lstm_cell, rnn_cell, unroll
from explainers.support.contract import weights_of


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
@pytest.mark.parametrize(("d", "H"), [(1, 1), (4, 6), (8, 32)])
def test_each_cell_by_hand_is_torchs(d: int, H: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(d)

    def drawn(*shape: int) -> torch.Tensor:
        return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)

    x, h, c = drawn(d), drawn(H), drawn(H)
    for kind in (nn.RNNCell, nn.GRUCell, nn.LSTMCell):
        cell = kind(d, H, dtype=torch.float64)
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.copy_(drawn(*parameter.shape))
        step = Step.of(weights_of(one=cell), "one", suffix="")
        a = step.read(x.numpy())
        if kind is nn.LSTMCell:
            made = lstm_cell(step, a, h.numpy(), c.numpy())
            state, cell_state = cell(x, (h, c))
            np.testing.assert_allclose(made["cell"], cell_state.detach().numpy(), rtol=0, atol=1e-6)
        else:
            made = (rnn_cell if kind is nn.RNNCell else gru_cell)(step, a, h.numpy())
            state = cell(x, h)
        assert made["state"].shape == (H,)
        np.testing.assert_allclose(made["state"], state.detach().numpy(), rtol=0, atol=1e-6)


def test_the_parts_make_the_state() -> None:
    rng = np.random.default_rng(1)

    def step(blocks: int) -> Step:
        shapes = ((blocks * 3, 2), (blocks * 3,), (blocks * 3, 3), (blocks * 3,))
        return Step(*(rng.normal(size=shape) for shape in shapes))

    x, h, c = rng.normal(size=2), rng.normal(size=3), rng.normal(size=3)
    plain = rnn_cell(own := step(1), own.read(x), h)
    np.testing.assert_allclose(np.tanh(plain["input"] + plain["memory"]), plain["state"])
    terms = own.terms(x, h)
    np.testing.assert_allclose(np.tanh(terms["sum"][:, 0]), plain["state"])
    np.testing.assert_allclose(sum(terms[name] for name in ("input", "b_ih", "memory", "b_hh")), terms["sum"])
    gru = gru_cell(own := step(3), own.read(x), h)
    np.testing.assert_allclose((1 - gru["keep"]) * gru["new"] + gru["keep"] * h, gru["state"])
    lstm = lstm_cell(own := step(4), own.read(x), h, c)
    np.testing.assert_allclose(lstm["out"] * np.tanh(lstm["cell"]), lstm["state"])


def test_what_is_read_is_not_changed_by_what_follows() -> None:
    rng = np.random.default_rng(2)
    step = Step(*(rng.normal(size=shape) for shape in ((5, 3), (5,), (5, 5), (5,))))
    vectors = rng.normal(size=(9, 3))
    whole = unroll(vectors, step)
    assert whole.shape == (10, 5)
    assert not whole[0].any()
    for t in range(10):
        assert (unroll(vectors[:t], step) == whole[: t + 1]).all()
