"""One sequence by hand, forwards and back: nothing but what torch and its autograd say."""

from functools import cache, partial
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explainers import lstm as page
from explainers.lstm import Training, View
from explainers.support.contract import Array, Checkpoint
from explainers.support.init import seeded
from explainers.support.lstm_by_hand import lstm_backward, lstm_forward, rnn_backward, rnn_forward
from explainers.support.lstm_cell import held_by, unroll_lstm
from explainers.support.lstm_tasks import TASKS, asked_about

ALL_HOLDS = get_args(View.model_fields["hold"].annotation)
close = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-13)


@cache
def run(task: str) -> list[Checkpoint]:
    """So short that it stays quick, with a forget gate so open that a gradient comes back."""
    return list(page.train(Training(task=task, forget_bias=3, length=9, units=5, steps=40, seed=103)))


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def layer(kind: type[nn.LSTM] | type[nn.RNN], hidden: int) -> tuple[Any, dict[str, Array]]:
    """A layer of torch's with weights large enough to bend, and copies of them."""
    made: Any = seeded(kind(3, hidden, dtype=torch.float64), torch.Generator().manual_seed(hidden))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter *= 2
    return made, {name: value.detach().numpy().copy() for name, value in made.named_parameters()}


def rnn_states(cell: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The hidden states (1, H) of an RNN over x (T, 1, I), one tensor each, by torch's own cell."""
    own = [cell[f"{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    states = [x.new_zeros(1, len(own[1]))]
    for x_t in x:
        states.append(torch.rnn_tanh_cell(x_t, states[-1], *own))
    return states[1:]


def back(loss: Tensor, states: list[Tensor]) -> Array:
    """∂loss/∂state at every step by autograd, (T, H)."""
    found = torch.autograd.grad(loss, states, allow_unused=True, materialize_grads=True)
    return np.asarray(torch.cat(found).numpy())


@pytest.mark.parametrize(("T", "H"), [(1, 1), (9, 5), (60, 24)])
def test_forwards_it_is_torchs_layer(T: int, H: int) -> None:
    x = noise(T, 1, 3)
    lstm, weights = layer(nn.LSTM, H)
    gates, c, h = lstm_forward(weights, x[:, 0].numpy(), "free")
    states, (_, c_last) = lstm(x)
    assert (gates.shape, c.shape) == ((T, 4, H), (T, H))
    close(h, states[:, 0].detach().numpy())
    close(c[-1], c_last[0, 0].detach().numpy())
    rnn, weights = layer(nn.RNN, H)
    by_hand = rnn_forward(weights, x[:, 0].numpy())
    close(by_hand, rnn(x)[0][:, 0].detach().numpy())


@pytest.mark.parametrize("T", [1, 12])
@pytest.mark.parametrize("hold", ALL_HOLDS)
def test_there_and_back_it_is_autograds_with_any_gate_held(hold: str, T: int) -> None:
    lstm, weights = layer(nn.LSTM, 6)
    x, slope = noise(T, 1, 3), noise(6)
    steps = unroll_lstm(dict(lstm.named_parameters()), x.requires_grad_(), held_by([hold]).double())
    gates, c, h = lstm_forward(weights, x[:, 0].detach().numpy(), hold)
    for ours, torchs in ((gates, steps.gates), (c, steps.c), (h, steps.h)):
        close(ours, torch.cat(torchs).detach().numpy())
    found = lstm_backward(weights["weight_hh_l0"], gates, c, slope.numpy())
    close(found, back(steps.h[-1][0] @ slope, steps.c))
    assert (found[-1] == 0).all() == (hold == "output_shut")


@pytest.mark.parametrize("T", [1, 12])
def test_back_through_the_rnn_it_is_autograds(T: int) -> None:
    rnn, weights = layer(nn.RNN, 6)
    x, slope = noise(T, 1, 3), noise(6)
    states = rnn_states(dict(rnn.named_parameters()), x)
    found = rnn_backward(weights["weight_hh_l0"], torch.cat(states).detach().numpy(), slope.numpy())
    close(found, back(states[-1][0] @ slope, states))


def by_autograd(checkpoint: Checkpoint, view: View) -> dict[str, Any]:
    """What ``read`` reads, with every number from torch and each gradient from autograd."""
    task, length = TASKS[int(checkpoint.numbers["task"])], int(checkpoint.numbers["length"])
    asked = asked_about(task, length, view.text, view.example)

    def of(model: str) -> tuple[dict[str, Tensor], Tensor]:
        named = {name.removeprefix("cell."): v.double() for name, v in checkpoint.state(model).items()}
        x = named["embed.weight"][asked.inputs] if "embed.weight" in named else asked.inputs.double()
        return named, x.requires_grad_()  # (T, 1, 8)

    def answers(named: dict[str, Tensor], states: list[Tensor]) -> Tensor:
        return torch.cat(states) @ named["head.weight"].T + named["head.bias"]  # (T, K)

    lstm, x = of("lstm")
    steps = unroll_lstm(lstm, x, held_by([view.hold]).double())
    logits = answers(lstm, steps.h)
    said = int(logits[-1].argmax())
    answer = torch.tensor(said if asked.answer is None else asked.answer)
    rnn, x = of("rnn")
    states = rnn_states(rnn, x)
    numbers = {
        "gates": torch.cat(steps.gates), "c": torch.cat(steps.c), "h": torch.cat(steps.h),
        "sure": logits.softmax(dim=1)[:, int(answer) if task == "recall" else 1],
    }  # fmt: skip
    return {
        **{name: value.detach().numpy() for name, value in numbers.items()},
        "gradient": back(nn.functional.cross_entropy(logits[-1], answer), steps.c),
        "gradient_rnn": back(nn.functional.cross_entropy(answers(rnn, states)[-1], answer), states),
        "said": said, "answer": int(answer), "words": asked.words,
    }  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_a_reading_is_what_torch_and_autograd_say(task: str) -> None:
    """Typed letters and words, fewer and more than the network reads; nothing typed; nothing it knows.

    All checkpoints are read at once; the first, untrained, and the last are compared.
    """
    checkpoints = run(task)
    for text in ("", "F", "not good é bom", "ABCDEFGH" * 4, "bom good " * 31):
        for hold in ALL_HOLDS:
            view = View(text=text, hold=hold, example=3)
            readings = page.read_all(checkpoints, view)
            for checkpoint, reading in ((checkpoints[at], readings[at]) for at in (0, -1)):
                torchs = by_autograd(checkpoint, view)
                assert reading.step == checkpoint.step
                for name in ("said", "answer", "words"):
                    assert getattr(reading, name) == torchs[name]
                for name in ("gates", "c", "h"):
                    close(getattr(reading.cell, name), torchs[name])
                for name in ("sure", "gradient", "gradient_rnn"):
                    close(getattr(reading, name), torchs[name], err_msg=name)
