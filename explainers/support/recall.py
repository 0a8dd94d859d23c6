"""Recall: say the first symbol of a sequence after its last. Only a gradient that reaches back helps."""

import torch
from torch import Tensor

SYMBOLS = 8
LETTERS = "ABCDEFGH"  # their names
CHANCE = 1 / SYMBOLS


def recall_batch(length: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random sequences: one-hot symbols (T, B, 8) float32, and the first symbol of each (B,) int64.

    ``length`` is T. All symbols are drawn evenly, so nothing after the first says anything about it.
    """
    symbols = torch.randint(SYMBOLS, (length, size), generator=generator)  # (T, B)
    return torch.nn.functional.one_hot(symbols, SYMBOLS).float(), symbols[0]
