"""Gradients: learning reaches back through every step, multiplied at each: it vanishes, or it explodes."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

import torch
from pydantic import Field

from explainers.support.backward import backward, backward_picture
from explainers.support.cells import (
    ACTIVATIONS,
    CELLS,
    alike,
    backpropagate,
    cut,
    gate_ratios,
    measured,
    note_fault,
    share,
)
from explainers.support.contract import Checkpoint, Label, Settings, checkpoint_steps, weights_of
from explainers.support.gradient_pictures import chain, clipping, gate_line, norm_lines, seed_lines
from explainers.support.gradient_reading import Reading
from explainers.support.gradient_reading import see as see
from explainers.support.gradient_reading import see_sweep as see_sweep
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves, label_of, sweep_curves
from explainers.support.powers import mantissa, raised, size
from explainers.support.recall import CHANCE, recall_batch

SECTION = "sequences"
ORDER = 50
DATA = ()
HEADLINE = (
    "ratio_rnn", "ratio_lstm", "ratio_gru", "accuracy_rnn", "accuracy_lstm", "accuracy_gru",
    "first_non_finite_step", "clipped_share",
)  # fmt: skip
# Plain SGD, because Adam divides a gradient by its usual size; no tanh, because it holds a state within ±1:
# with either, this scale breaks nothing.
WILD = {
    "length": 16, "activation": "identity", "scale": 2.0, "optimiser": "sgd", "rate": 0.1, "forget_bias": 0,
}  # fmt: skip
BREAKS = {
    "open_gate": {"forget_bias": 4, "length": 30, "activation": "tanh", "scale": 1.0, "optimiser": "adam",
                  "rate": 0.01},
    "explode": {**WILD, "clip": "off"},
    "clipped": {**WILD, "clip": "1"},
}  # fmt: skip
SWEEPS = {"length": (4, 8, 12, 16, 20, 24, 30, 36, 40), "seed": tuple(range(8))}
UNITS = 32  # numbers in a hidden state
BATCH = 32
TEST, FEW = 256, 16  # sequences on which accuracy is measured; and, of these, gradients
BIASES = tuple(range(-2, 7))  # of the forget gate, at which the untrained LSTM is measured


class Training(Settings):
    """What is trained: changing any of these trains again."""

    length: int = Field(30, ge=4, le=60)
    forget_bias: int = Field(0, ge=-2, le=6)
    activation: Literal["tanh", "relu", "identity"] = "tanh"
    scale: float = Field(1.0, ge=0.5, le=4, json_schema_extra={"log": True})
    clip: Literal["off", "0.5", "1", "5"] = "1"
    optimiser: Literal["adam", "sgd"] = Field("adam", json_schema_extra={"more": True})
    rate: float = Field(0.01, ge=0.001, le=10, json_schema_extra={"log": True, "more": True})
    steps: int = Field(240, ge=24, le=800, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    example: int = Field(1, ge=1, le=20, json_schema_extra={"more": True})


def train(training: Training) -> Iterator[Checkpoint]:
    """An RNN, an LSTM and a GRU from the same initial values learn to say the first symbol after the last.

    A cell whose numbers are no longer finite takes that step and no other: a loop would go on with NaN.
    """
    generator = torch.Generator().manual_seed(training.seed)
    models = alike(UNITS, training.activation, training.forget_bias, training.scale, generator)
    x, answers = recall_batch(training.length, TEST, generator)  # (T, N, 8), (N,)
    clip = 0.0 if training.clip == "off" else float(training.clip)
    known = {
        "length": float(training.length), "activation": float(list(ACTIVATIONS).index(training.activation)),
        "clip": clip, "bias": float(training.forget_bias), "chance": CHANCE,
        "adam": float(training.optimiser == "adam"),
    }  # fmt: skip
    for name in CELLS:
        known |= {f"broken_{name}": -1.0, f"clipped_{name}": 0.0, f"made_{name}": 0.0}
    lstm, few = models["lstm"], (x[:, :FEW], answers[:FEW])
    gates = gate_ratios(lstm, training.forget_bias, BIASES, *few)
    known |= {f"gate_{bias}": ratio for bias, ratio in gates.items()}
    sizes: dict[str, float] = {}  # of the gradients since the last checkpoint
    kind = torch.optim.Adam if training.optimiser == "adam" else torch.optim.SGD
    optimisers = {name: kind(model.parameters(), lr=training.rate) for name, model in models.items()}
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            now = measured(models, x, answers, FEW)
            if not step:
                first, last = "state_{}_1", f"state_{{}}_{training.length}"
                known["singular_start"] = now["singular"]
                known |= {
                    f"ratio_{name}": share(now[first.format(name)], now[last.format(name)]) for name in CELLS
                }
            yield Checkpoint(step, training.steps, known | now | sizes, weights_of(**models))
            sizes = {}
        if step == training.steps:
            return
        batch, wanted = recall_batch(training.length, BATCH, generator)  # (T, B, 8), (B,)
        for name, model in models.items():
            if known[f"broken_{name}"] < 0:
                sizes[f"size_{name}_{step + 1}"] = norm = backpropagate(model, batch, wanted)
                note_fault(known, name, model, step)
                known[f"clipped_{name}"] += cut(model, norm, clip)
                known[f"made_{name}"] += 1
                optimisers[name].step()


@lru_cache(maxsize=64)  # of a run's checkpoints all are asked the same
def sequence(length: int, example: int) -> tuple[int, ...]:
    """The symbols of sequence number ``example``: (T,)."""
    drawn = recall_batch(length, 1, torch.Generator().manual_seed(example))[0]  # (T, 1, 8)
    return tuple(drawn[:, 0].argmax(dim=1).tolist())


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """The RNN by hand on sequence number ``example``."""
    numbers = checkpoint.numbers
    symbols = sequence(int(numbers["length"]), view.example)
    back = backward(checkpoint.arrays("rnn"), symbols, list(ACTIVATIONS)[int(numbers["activation"])])
    return Reading(checkpoint.step, checkpoint.of, numbers, back)


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """First to last step's gradient before training; right answers; where numbers broke; what was clipped."""
    numbers = checkpoint.numbers
    found = {f"ratio_{name}": numbers[f"ratio_{name}"] for name in CELLS}
    found |= {f"accuracy_{name}": numbers[f"accuracy_{name}"] for name in CELLS}
    broken = [numbers[f"broken_{name}"] for name in CELLS if numbers[f"broken_{name}"] >= 0]
    clipped, made = (sum(numbers[f"{key}_{name}"] for name in CELLS) for key in ("clipped", "made"))
    return {
        **found,
        "first_non_finite_step": min(broken, default=-1.0),
        "clipped_share": share(clipped, made),
    }


def formula(reading: Reading) -> dict[str, float]:
    """The bound from the largest singular value of W_hh, and what was measured, as m · 10^e."""
    T, singular = int(reading.numbers["length"]), reading.numbers["singular"]
    bound, left = mantissa(raised(singular, T - 1)), mantissa(reading.left("rnn")[0])
    return {
        "gap": T - 1, "singular": singular, "bound": bound[0], "bound_e": bound[1],
        "left": left[0], "left_e": left[1],
    }  # fmt: skip


@of_run
def picture_chain(readings: Sequence[Reading]) -> Chart:
    """What part of the last step's gradient is left at each step, one row of bars per cell."""
    frames = [{name: reading.left(name) for name in CELLS} for reading in readings]
    states = [
        {name: (r.numbers[f"accuracy_{name}"], r.numbers[f"broken_{name}"]) for name in CELLS}
        for r in readings
    ]
    return chain(frames, states, [reading.step for reading in readings])


@of_run
def picture_norms(readings: Sequence[Reading]) -> Chart:
    """‖∂L/∂h_t‖ of all cells, and the bound for the RNN's."""
    frames = [{**{name: r.norms(name) for name in CELLS}, "baseline": r.bound} for r in readings]
    words = [
        {name: Label("row.at_first", series=label_of(name), size=size(row[0])) for name, row in f.items()}
        for f in frames
    ]
    return norm_lines(frames, words, [reading.step for reading in readings])


@of_run
def picture_gate(readings: Sequence[Reading]) -> Chart:
    """The untrained LSTM at other forget biases."""
    numbers = readings[-1].numbers
    ratios = {bias: numbers[f"gate_{bias}"] for bias in BIASES}
    return gate_line(
        ratios, int(numbers["bias"]), {name: numbers[f"ratio_{name}"] for name in ("rnn", "gru")}
    )


@of_run
def picture_clipping(readings: Sequence[Reading]) -> Chart:
    """The gradient's length at every training step, and the line at which it is clipped."""
    last = readings[-1]
    norms: dict[str, dict[int, float]] = {name: {} for name in CELLS}
    for reading in readings:
        for name, own in reading.sizes.items():
            norms[name] |= own
    words = {name: Label("row.clipped", series=label_of(name), share=last.clipped(name)) for name in CELLS}
    return clipping(norms, last.numbers["clip"], last.of, words)


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers on new sequences over the training."""
    return curves(
        readings, {f"accuracy_{n}": n for n in CELLS}, "axis.accuracy", (0.0, 1.0), ("chance", CHANCE)
    )


def picture_by_hand(readings: Sequence[Reading]) -> Diagram:
    """One sequence through the RNN and back."""
    return backward_picture([reading.back for reading in readings], [reading.step for reading in readings])


def sweep_length(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Accuracy of each cell against the length of the sequence."""
    series, axes = {f"accuracy_{name}": name for name in CELLS}, ("axis.length", "axis.accuracy")
    return sweep_curves(values, readings, series, axes, (0.0, 1.0), ("chance", CHANCE))


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """What of the last step's gradient arrives at the first, before training, in each seed."""
    return seed_lines(values, {n: [r.numbers[f"ratio_{n}"] for r in readings] for n in CELLS})
