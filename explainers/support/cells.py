"""Three recurrent layers that recall the first symbol, and what is measured along their unrolled steps."""

from collections.abc import Sequence
from copy import deepcopy
from math import isfinite

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.contract import Array
from explainers.support.init import seeded
from explainers.support.recall import SYMBOLS

CELLS = ("rnn", "lstm", "gru")
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "identity": torch.positive}
# In the order in which going backward reaches them.
PARAMETERS = (
    "score.weight",
    "score.bias",
    "cell.weight_hh_l0",
    "cell.weight_ih_l0",
    "cell.bias_hh_l0",
    "cell.bias_ih_l0",
)


class Recall(nn.Module):
    """One recurrent layer, and an answer read from its last hidden state.

    ``kind`` is one of CELLS; ``activation``, one of ACTIVATIONS, is that of the plain RNN.
    """

    def __init__(self, kind: str, units: int, activation: str = "tanh") -> None:
        super().__init__()
        self.kind, self.activation = kind, activation
        self.cell: nn.RNNBase
        if kind == "rnn":
            self.cell = nn.RNN(SYMBOLS, units, nonlinearity="relu" if activation == "relu" else "tanh")
        else:
            self.cell = nn.LSTM(SYMBOLS, units) if kind == "lstm" else nn.GRU(SYMBOLS, units)
        self.score = nn.Linear(units, SYMBOLS)

    def forward(self, x: Tensor) -> Tensor:
        """Sequences x (T, B, 8) → logits (B, 8)."""
        # torch's own loop over the steps knows no identity; the one below does.
        by_hand = self.kind == "rnn" and self.activation == "identity"
        last = self.states(x)[-1] if by_hand else self.cell(x)[0][-1]  # (B, H)
        return self.score(last)

    def states(self, x: Tensor) -> list[Tensor]:
        """Every h_t (B, H) of sequences x (T, B, 8), each a node of the graph: the same numbers, unrolled."""
        weights = tuple(self.cell.parameters())  # W_ih, W_hh, b_ih, b_hh
        W_ih, W_hh, b_ih, b_hh = weights
        h = c = x.new_zeros(x.shape[1], self.cell.hidden_size)  # (B, H)
        found = []
        for x_t in x:
            if self.kind == "lstm":
                h, c = torch.lstm_cell(x_t, (h, c), *weights)
            elif self.kind == "gru":
                h = torch.gru_cell(x_t, h, *weights)
            else:
                linear = nn.functional.linear
                h = ACTIVATIONS[self.activation](linear(x_t, W_ih, b_ih) + linear(h, W_hh, b_hh))
            found.append(h)
        return found


@torch.no_grad()
def open_forget_gate(cell: nn.RNNBase, more: float) -> None:
    """Add ``more`` to the bias of an LSTM's forget gate: the second of its four blocks i, f, g, o."""
    H = cell.hidden_size
    cell.get_parameter("bias_ih_l0")[H : 2 * H] += more


@torch.no_grad()
def alike(
    units: int, activation: str, forget_bias: float, scale: float, generator: torch.Generator
) -> dict[str, Recall]:
    """The three models from the same initial values, drawn once, for the largest.

    The LSTM's blocks are its input, forget, candidate and output gates, H rows each. The GRU's three are the
    first three of them, the RNN has the candidate's, and the answer is read with the same weights. Then W_hh
    is multiplied by ``scale``, and ``forget_bias`` is added to the bias of the LSTM's forget gate.
    """
    models = {kind: Recall(kind, units, activation) for kind in CELLS}
    lstm = seeded(models["lstm"], generator)
    blocks = {"rnn": slice(2 * units, 3 * units), "gru": slice(0, 3 * units)}
    for kind, rows in blocks.items():
        models[kind].score.load_state_dict(lstm.score.state_dict())
        for own, drawn in zip(models[kind].cell.parameters(), lstm.cell.parameters(), strict=True):
            own.copy_(drawn[rows])
    for model in models.values():
        model.cell.get_parameter("weight_hh_l0").mul_(scale)
    open_forget_gate(lstm.cell, forget_bias)
    return models


def state_gradients(model: Recall, x: Tensor, answers: Tensor) -> list[float]:
    """‖∂L/∂h_t‖ for every step t, measured with autograd: the mean over sequences of each one's own norm.

    ``x`` (T, B, 8), ``answers`` (B,); L is the cross-entropy of one sequence. In double precision, where
    1e-45 is not yet zero and 1e38 not yet infinite.
    """
    exact = deepcopy(model).double()
    states = exact.states(x.double())  # T times (B, H)
    loss = nn.functional.cross_entropy(exact.score(states[-1]), answers, reduction="sum")
    gradients = torch.stack(torch.autograd.grad(loss, states))  # (T, B, H)
    found: list[float] = gradients.norm(dim=2).mean(dim=1).tolist()
    return found


def measured(models: dict[str, Recall], x: Tensor, answers: Tensor, few: int) -> dict[str, float]:
    """Loss and accuracy on sequences x (T, N, 8); on the first ``few``, ‖∂L/∂h_t‖; and the gain of W_hh."""
    numbers: dict[str, float] = {}
    for name, model in models.items():
        with torch.no_grad():
            logits = model(x)  # (N, 8)
            loss = float(nn.functional.cross_entropy(logits, answers))
            numbers |= {f"loss_{name}": loss, f"accuracy_{name}": right_share(logits, answers)}
        norms = state_gradients(model, x[:, :few], answers[:few])
        numbers |= {f"state_{name}_{t}": norm for t, norm in enumerate(norms, start=1)}
    W_hh = models["rnn"].cell.get_parameter("weight_hh_l0").detach().numpy()
    numbers["singular"], numbers["radius"] = recurrent_gain(W_hh)
    return numbers


def gate_ratios(
    lstm: Recall, bias: int, others: Sequence[int], x: Tensor, answers: Tensor
) -> dict[int, float]:
    """The untrained LSTM at other forget biases: the first step's gradient as a part of the last one's."""
    found = {}
    for other in others:
        moved = deepcopy(lstm)
        open_forget_gate(moved.cell, other - bias)
        norms = state_gradients(moved, x, answers)
        found[other] = share(norms[0], norms[-1])
    return found


def gradient_norm(model: nn.Module) -> float:
    """The length of the gradient of all parameters together, in double precision: what clipping looks at."""
    squares = [p.grad.double().square().sum() for p in model.parameters() if p.grad is not None]
    return float(torch.stack(squares).sum().sqrt())


def first_non_finite(model: nn.Module) -> tuple[str, bool]:
    """The first parameter, in the order of PARAMETERS, that holds a number that is not finite.

    Returns its name and whether it is its value; False: its gradient. Values come first. ('', False): none.
    """
    named = [(name, model.get_parameter(name)) for name in PARAMETERS]
    for own in (True, False):
        for name, parameter in named:
            numbers = parameter if own else parameter.grad
            if numbers is not None and not bool(numbers.isfinite().all()):
                return name, own
    return "", False


def note_fault(known: dict[str, float], name: str, model: nn.Module, done: int) -> None:
    """Write down, once, at which step which parameter was not finite first; ``done`` steps are made.

    ``broken_NAME``: the step; ``fault_NAME``: the parameter's place in PARAMETERS; ``own_NAME``: 1 if it was
    its value, 0 if its gradient. A gradient belongs to the step being made, a value to the one before.
    """
    parameter, own = first_non_finite(model)
    if parameter and known[f"broken_{name}"] < 0:
        known[f"broken_{name}"] = float(done if own else done + 1)
        known |= {f"fault_{name}": float(PARAMETERS.index(parameter)), f"own_{name}": float(own)}


def recurrent_gain(W_hh: Array) -> tuple[float, float]:
    """The largest singular value of W_hh (H, H), and the size of its largest eigenvalue; NaN if it broke."""
    if not np.isfinite(W_hh).all():
        return float("nan"), float("nan")
    singular = float(np.linalg.norm(W_hh.astype(np.float64), 2))
    return singular, float(np.abs(np.linalg.eigvals(W_hh.astype(np.float64))).max())


def share(part: float, whole: float) -> float:
    """``part`` / ``whole`` as a finite number: 0 where there is nothing to divide."""
    return part / whole if isfinite(part) and isfinite(whole) and whole else 0.0


def backpropagate(model: Recall, x: Tensor, answers: Tensor) -> float:
    """The gradient of the loss on one batch x (T, B, 8), in place; its length over all parameters."""
    model.zero_grad()
    nn.functional.cross_entropy(model(x), answers).backward()
    return gradient_norm(model)


def cut(model: Recall, norm: float, clip: float) -> bool:
    """Clip: a gradient longer than ``clip`` (0: never) keeps its direction and gets that length. Did it?"""
    longer = bool(clip) and isfinite(norm) and norm > clip
    for parameter in model.parameters() if longer else ():
        if parameter.grad is not None:
            parameter.grad.mul_(clip / norm)
    return longer
