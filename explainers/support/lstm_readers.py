"""Three recurrent readers of like size, and what each gate of the LSTM is worth."""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.answers import right_share
from explainers.support.init import seeded
from explainers.support.lstm_by_hand import lstm_forward
from explainers.support.lstm_cell import GATES, held_by, hidden_for, parameter_count, unroll_lstm
from explainers.support.lstm_tasks import Batch

LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
HELD = ("forget", "input", "output")  # the gates from 0 to 1; the candidate is no gate but what may come in
HOLDS = tuple(f"{gate}_{how}" for gate in HELD for how in ("shut", "open"))
INPUTS = 8  # numbers of one step's input: the one-hot symbol, or the word's vector
EXACT = 16  # test sequences on which the hand-written cell is held against torch's, in double precision


class Reader(nn.Module):
    """A recurrent layer of torch's that reads a sequence, and a linear answer from its last state."""

    def __init__(self, kind: str, hidden: int, words: int, answers: int) -> None:
        super().__init__()
        self.embed: nn.Module = nn.Embedding(words + 1, INPUTS) if words else nn.Identity()
        self.cell = LAYERS[kind](INPUTS, hidden)  # W_ih (4H, 8), W_hh (4H, H) for an LSTM
        self.head = nn.Linear(hidden, answers)

    def forward(self, batch: Batch) -> Tensor:
        """Sequences (T, B, …) → logits (B, K)."""
        h, _ = self.cell(self.embed(batch.inputs))  # (T, B, H)
        return self.head(at_end(h, batch))


def at_end(h: Tensor, batch: Batch) -> Tensor:
    """Of states (T, B, H) the one after each sequence's last step: (B, H)."""
    return h[batch.lengths - 1, torch.arange(h.shape[1])]


@torch.no_grad()
def like_sized(units: int, words: int, answers: int, generator: torch.Generator) -> dict[str, Reader]:
    """An LSTM of ``units``, and a GRU and an RNN with as many parameters, as nearly as whole units allow."""
    budget = parameter_count("lstm", INPUTS, units, answers)
    sizes = {kind: hidden_for(kind, INPUTS, answers, budget) for kind in LAYERS}
    models = {kind: seeded(Reader(kind, size, words, answers), generator) for kind, size in sizes.items()}
    for model in models.values():  # texts: all start from the same word vectors
        model.embed.load_state_dict(models["lstm"].embed.state_dict())
    return models


@torch.no_grad()
def measured(models: Mapping[str, Reader], test: Batch) -> dict[str, float]:
    """Loss and accuracy of each model; the LSTM's accuracy with each gate held; and the units that decide.

    ``accuracy_forget_shut`` …: one gate stands at 0 (shut) or 1 (open), at every step and in every unit.
    ``unit_0`` and ``unit_1`` are the two units whose hidden states move the answer most: the spread of h over
    the test sequences, times the length of the weights with which the answer is read from it. ``forget`` is
    the mean of the forget gates over test sequences, steps and units.
    """
    numbers = {}
    for kind, model in models.items():
        logits = model(test)
        numbers[f"loss_{kind}"] = float(nn.functional.cross_entropy(logits, test.answers))
        numbers[f"accuracy_{kind}"] = right_share(logits, test.answers)
    lstm, B = models["lstm"], len(test.lengths)
    weights, x = dict(lstm.cell.named_parameters()), lstm.embed(test.inputs)  # x (T, B, 8)
    # All ways to hold a gate in one go: B sequences each, side by side.
    steps = unroll_lstm(weights, x.repeat(1, 1 + len(HOLDS), 1), held_by(("free", *HOLDS), B))
    h = torch.stack(steps.h).unflatten(1, (-1, B))  # (T, 7, B, H)
    for place, hold in enumerate(HOLDS, start=1):
        numbers[f"accuracy_{hold}"] = right_share(lstm.head(at_end(h[:, place], test)), test.answers)
    ends = at_end(h[:, 0], test)  # (B, H)
    units = (ends.std(dim=0) * lstm.head.weight.norm(dim=0)).argsort(descending=True, stable=True)
    read = (torch.arange(len(x))[:, None] < test.lengths)[..., None]  # (T, B, 1): not the padding
    forget = torch.stack([gates[:B, GATES.index("forget")] for gates in steps.gates])  # (T, B, H)
    return {
        **numbers,
        "forget": float((forget * read).sum() / (read.sum() * forget.shape[-1])),
        "difference_from_torch": difference(lstm.cell, x[:, :EXACT]),
        **{f"unit_{place}": float(units[place]) for place in range(2)},
    }


def difference(cell: nn.Module, x: Tensor) -> float:
    """The largest difference between the hidden states by hand, as a page shows them, and torch's."""
    exact, x = deepcopy(cell).double(), x.double()  # x (T, B, 8)
    weights = {name: value.numpy() for name, value in exact.state_dict().items()}
    by_hand = [lstm_forward(weights, one, "free")[2] for one in x.transpose(0, 1).numpy()]  # B of (T, H)
    return float(np.abs(np.stack(by_hand, axis=1) - exact(x)[0].numpy()).max())
