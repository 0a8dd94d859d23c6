"""torch's own initial weights, drawn from a generator that is passed down.

Global seeds are not thread-safe; a generator is. The distributions are those of torch's ``reset_parameters``.
"""

from math import sqrt
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


@torch.no_grad()
def seeded(module: M, generator: torch.Generator) -> M:
    """Draw every parameter of ``module`` again, from ``generator``, and return it.

    ``nn.Embedding``: normal(0, 1), a padding row 0. ``nn.Linear``, ``nn.Conv2d``: uniform ±1/√in, of a
    convolution all numbers that one output adds up. ``nn.RNN``, ``nn.LSTM``, ``nn.GRU``: uniform ±1/√hidden.

    Raises:
        TypeError: for a layer with parameters of any other kind.

    """
    for layer in module.modules():
        own = list(layer.parameters(recurse=False))
        if isinstance(layer, nn.Embedding):
            layer.weight.normal_(generator=generator)
            if layer.padding_idx is not None:
                layer.weight[layer.padding_idx].zero_()
        elif isinstance(layer, nn.Linear | nn.Conv2d | nn.RNNBase):
            size = layer.hidden_size if isinstance(layer, nn.RNNBase) else layer.weight[0].numel()
            for parameter in own:
                parameter.uniform_(-1 / sqrt(size), 1 / sqrt(size), generator=generator)
        elif own:
            raise TypeError(f"no initial values are defined here for {type(layer).__name__}")
    return module
