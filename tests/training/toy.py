"""A tiny explainer that a test can hold at a step, let go, watch from outside, and make fail."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch

from explainers.support.contract import Checkpoint, Settings, weights_of

READING = -2  # before its first step a training may have much to read


class Training(Settings):
    """``folder``: where it notes what it does, and looks for the file ``go``. ``hold``: the step after whose
    checkpoint it goes on optimising without another until that file is there; −2 asks a model already before
    the first. ``then``: what it does then.
    """

    folder: str
    seed: int = 0
    steps: int = 3
    width: int = 4
    hold: int = -1
    then: Literal["go on", "fail", "die"] = "go on"


def train(training: Training) -> Iterator[Checkpoint]:
    folder = Path(training.folder)

    def note(what: str) -> None:
        with (folder / "notes").open("a") as notes:
            notes.write(f"{what} {training.seed} {os.getpid()}\n")

    generator = torch.Generator().manual_seed(training.seed)
    model = torch.nn.Linear(training.width, 1)
    torch.nn.init.normal_(model.weight, generator=generator)
    torch.nn.init.zeros_(model.bias)
    optimiser = torch.optim.Adam(model.parameters())
    note("begin")
    try:
        while training.hold == READING and not (folder / "go").exists():
            model(torch.zeros(training.width))
            time.sleep(0.002)
        for step in range(training.steps + 1):
            yield Checkpoint(step, training.steps, {"step": float(step)}, weights_of(toy=model))
            if step == training.hold:
                while not (folder / "go").exists():
                    torch.optim.SGD(model.parameters(), lr=0.0).step()
                    time.sleep(0.002)
                if training.then == "fail":
                    raise ValueError("as asked")
                if training.then == "die":
                    os.kill(os.getpid(), signal.SIGKILL)
            optimiser.zero_grad()
            model(torch.randn(8, training.width, generator=generator)).square().mean().backward()
            optimiser.step()
    finally:
        note("end")
