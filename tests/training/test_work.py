"""What a worker's training asks itself, and when."""

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from training import work


def test_from_its_first_step_on_a_training_asks_at_steps_alone() -> None:
    asked: list[str] = []
    model = nn.Linear(1, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    work._here.ask = lambda: asked.append("")
    work._here.reading = register_module_forward_hook(work._ask)
    try:
        model(torch.ones(1))
        assert len(asked) == 1, "it still reads"
        optimiser.step()
        assert len(asked) == 2
        model(torch.ones(1))
        assert len(asked) == 2, "each call of a module would cost more than it is worth"
        optimiser.step()
        assert len(asked) == 3
    finally:
        work._here.ask = None
        work._read()
