"""What an explainer is made of.

An explainer is a module ``explainers/x.py`` with

- ``SECTION`` (a section of the course) and ``ORDER`` (its place in the course),
- ``DATA``: the files of ``data/`` that it reads; where a run reads only some: ``data(training)``,
- where it needs more than torch and numpy, a pretrained model say: ``PACKAGES``, by their names for pip;
  where a run needs only some: ``packages(training)``,
- where its first reading has much to load: ``warm()``, which the server calls in the background,
- where its default takes long to train: ``PRECOMPUTED``, the file of ``data/`` in which that run ships
  (``support/precomputed.py``),
- ``Training`` and ``View``: its settings, subclasses of :class:`Settings`,
- ``train(training) -> Iterator[Checkpoint]``: 20 to 40 checkpoints (10 to 40 where the run ships), the first
  before training,
- ``read(checkpoint, view) -> Reading``: the trained model, asked about what the visitor looks at,
- where that is many small steps, which in a class are each visitor's wait: ``read_all(checkpoints, view)``,
  the readings of several checkpoints of one run, made together,
- ``headline(checkpoint, reading) -> dict[str, float]``: the numbers that the page's sentence rests on,
- ``HEADLINE``: their names, in this order,
- ``see(checkpoint, reading) -> list[Say]``: which sentences are true of this run,
- ``formula(reading) -> dict[str, float]``: the numbers that fill the page's formula; none, and the
  formula stands without them, where the text gives none,
- ``BREAKS``: named settings at which the concept fails,
- where the page sweeps a control: ``SWEEPS``, the values of each swept field of ``Training``, and
  ``see_sweep(field, values, readings) -> list[Say]``, what the trained values show together, and a picture
  of each field, ``sweep_FIELD(values, readings) -> Chart``,
- ``picture_*`` functions: readings in, a picture out; never a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from explainers.support.measured import Measured

Array = np.ndarray[Any, np.dtype[Any]]


class Settings(BaseModel):
    """Settings with bounds, declared once: widget, URL, validation, cache key, CLI flag, exported line."""

    LIMIT_SECONDS: ClassVar[float] = 120.0  # a training that takes longer is stopped

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def key(self) -> str:
        """A short hash of the values: equal settings, equal key, in every process."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Checkpoint(Measured):
    """The run at one step: plain numbers and copies of the weights. Pickles; rebuilds the model anywhere.

    ``weights`` are named ``model.parameter`` as in a state dict.
    """

    weights: dict[str, Array]

    def arrays(self, model: str) -> dict[str, Array]:
        """The weights of one model by torch's own names, as they are kept here: not to be changed."""
        prefix = model + "."
        return {k.removeprefix(prefix): v for k, v in self.weights.items() if k.startswith(prefix)}

    def state(self, model: str) -> dict[str, Any]:
        """The state dict of one model: the same weights as tensors (copies)."""
        import torch

        return {name: torch.tensor(value) for name, value in self.arrays(model).items()}

    def parameters(self) -> dict[str, int]:
        """How many numbers each model learnt: ``{model: count}``. Running statistics are kept, not learnt."""
        counts: dict[str, int] = {}
        for name, value in self.weights.items():
            model = name.split(".")[0]
            learnt = name.split(".")[-1] not in ("running_mean", "running_var", "num_batches_tracked")
            counts[model] = counts.get(model, 0) + int(value.size) * learnt
        return counts


def weights_of(**models: Any) -> dict[str, Array]:
    """Copies of every parameter, named ``model.parameter``.

    The copy matters: ``tensor.numpy()`` shares memory with the parameter that the optimiser changes next.
    """
    return {
        f"{name}.{key}": value.detach().numpy().copy()
        for name, model in models.items()
        for key, value in model.state_dict().items()
    }


def checkpoint_steps(steps: int, count: int = 24) -> list[int]:
    """At which steps a run of ``steps`` is recorded: 0, ``steps``, and about ``count`` between, evenly."""
    return sorted({round(i * steps / count) for i in range(count + 1)})


@dataclass(frozen=True)
class Say:
    """One sentence of *what you see*: a key of the page's ``[see]`` table and the numbers that fill it."""

    key: str
    values: Mapping[str, Any]


class Label(str):
    """A word on a picture, as a key of the page's ``[labels]`` table: ``Label("axis.step")``.

    A key that holds ``{name}`` fields takes them from the keywords: ``Label("after", step=120)``. A plain
    string on a picture is data (the visitor's own words) and is never looked up.
    """

    values: dict[str, Any]

    def __new__(cls, key: str, **values: Any) -> Label:
        """Make the label for ``key``, to be filled with ``values``."""
        label = super().__new__(cls, key)
        label.values = values
        return label


def data_of(explainer: Any, training: Settings) -> Sequence[str]:
    """The files of ``data/`` that this run reads: ``DATA``, unless the explainer's ``data`` says less."""
    return explainer.data(training) if hasattr(explainer, "data") else explainer.DATA


def packages_of(explainer: Any, training: Settings) -> Sequence[str]:
    """The packages that this run needs: ``PACKAGES``, unless the explainer's ``packages`` says less."""
    every: Sequence[str] = getattr(explainer, "PACKAGES", ())
    return explainer.packages(training) if hasattr(explainer, "packages") else every
