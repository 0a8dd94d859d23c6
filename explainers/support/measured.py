"""What a checkpoint and every reading of it have in common."""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)  # the same only if it is the same object
class Measured:
    """What a checkpoint and every reading of it say.

    ``step`` optimiser steps are done of the ``of`` that the run takes. ``numbers`` holds what was measured
    at this step (losses, accuracies).
    """

    step: int
    of: int
    numbers: dict[str, float]
