"""Batch norm: in a deep stack the signal dies on the way; measuring each batch brings it back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps
from explainers.support.digits import digit_split
from explainers.support.init import seeded
from explainers.support.norm_measure import (
    SEEN,
    arranged,
    gradient_norms,
    signals,
    train_mode,
    walk,
)
from explainers.support.norm_nets import DeepNet, Stack
from explainers.support.norm_pictures import (
    by_hand_diagram,
    hills_chart,
    layer_lines,
    mode_curves,
    rate_chart,
    seeds_chart,
    statistics_chart,
)
from explainers.support.norm_reading import (
    DEAD,
    TRAINS,
    Reading,
    dead_layer,
    difference_from_torch,
    largest_rate,
    look,
    trained_rates,
)
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram
from explainers.support.powers import power

SECTION = "training"
ORDER = 90
DATA = ("mnist_10k.npz",)
HEADLINE = (
    "accuracy_with", "accuracy_without", "dead_layer_without", "largest_rate_with", "largest_rate_without",
    "difference_from_torch",
)  # fmt: skip
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "batch_one": {"batch": 1},
    "batch_two": {"batch": 2},
    "sorted": {"mode": "train", "order": "sorted"},
    "rate": {"rate": 20.0},
}
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
SWEEPS = {"seed": tuple(range(8))}
MODELS = ("with", "without")
CHOICES = {"activation": ("sigmoid", "tanh", "relu"), "place": ("before", "after")}


class Training(Settings):
    """What is trained: changing any of these trains again."""

    activation: Literal["sigmoid", "tanh", "relu"] = "sigmoid"
    depth: int = Field(8, ge=2, le=12)
    batch: int = Field(50, ge=1, le=200, json_schema_extra={"log": True})
    rate: float = Field(0.1, ge=0.01, le=20, json_schema_extra={"log": True})
    place: Literal["before", "after"] = Field("before", json_schema_extra={"more": True})
    scale: float = Field(1.0, ge=0.5, le=10, json_schema_extra={"log": True, "more": True})
    steps: int = Field(200, ge=24, le=600, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained nets again."""

    mode: Literal["train", "eval"] = "train"
    layer: int = Field(1, ge=1, le=12, json_schema_extra={"more": True})
    unit: int = Field(1, ge=1, le=32, json_schema_extra={"more": True})
    order: Literal["mixed", "sorted"] = Field("mixed", json_schema_extra={"more": True})


def nets(training: Training, generator: torch.Generator) -> dict[str, DeepNet]:
    """The two nets, from the same initial weights; ``scale`` multiplies those of the layers."""
    without = seeded(DeepNet(training.depth, training.activation), generator)
    with torch.no_grad():
        for linear in without.linear:
            linear.get_parameter("weight").mul_(training.scale)
    with_norm = DeepNet(training.depth, training.activation, training.place)  # γ = 1, β = 0
    with_norm.load_state_dict(without.state_dict(), strict=False)
    return {"with": with_norm, "without": without}


def train(training: Training) -> Iterator[Checkpoint]:
    """Both nets on the same batches by plain SGD, at every learning rate of the slider side by side."""
    generator = torch.Generator().manual_seed(training.seed)
    learn = digit_split(2)[0]
    x, labels = learn.images.flatten(1), learn.labels  # (8000, 196), (8000,)
    rates = sorted({*RATES, training.rate})
    stacks = {name: Stack(net, rates) for name, net in nets(training, generator).items()}
    # torch refuses to normalise a batch of one, so there the net with batch norm stays as it is.
    going = [stacks[name] for name in MODELS if training.batch > 1 or name == "without"]
    optimiser = torch.optim.SGD([p for stack in going for p in stack.parameters()], lr=1.0)
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps, 20):
            yield recorded(step, training, stacks, rates.index(training.rate))
        if step == training.steps:
            return
        rows = torch.randint(len(labels), (training.batch,), generator=generator)
        optimiser.zero_grad()
        for stack in going:
            stack.loss(x[rows], labels[rows]).backward()
        optimiser.step()


def recorded(step: int, training: Training, stacks: Mapping[str, Stack], k: int) -> Checkpoint:
    """What is measured at one step: of all rates the accuracy, of the chosen one, number k, the inside."""
    numbers: dict[str, float] = {"batch": float(training.batch), "rate": training.rate}
    numbers |= {key: float(words.index(getattr(training, key))) for key, words in CHOICES.items()}
    weights: dict[str, Array] = {}
    x, labels = arranged("mixed")
    seen = x[:SEEN]
    for name, stack in stacks.items():
        each = stack.accuracies(x, labels)
        numbers |= {
            f"accuracy_{name}_{rate:g}": a for rate, a in zip(stack.rates.tolist(), each, strict=True)
        }
        numbers[f"accuracy_{name}"] = each[k]
        state = stack.state(k)
        weights |= {f"{name}.{key}": value for key, value in state.items()}
        tensors = {key: torch.as_tensor(value) for key, value in state.items()}
        net = DeepNet(training.depth, training.activation, stack.place)
        net.load_state_dict(tensors)
        alive = signals(walk(tensors, seen, training.activation, stack.place, SEEN)[0], seen)
        back = gradient_norms(net, seen, labels[:SEEN])
        numbers |= {f"signal_{name}_{i}": value for i, value in enumerate(alive, start=1)}
        numbers |= {f"gradient_{name}_{i}": value for i, value in enumerate(back, start=1)}
        if name == "with" and training.batch > 1:
            numbers |= train_mode(tensors, training.activation, training.place, training.batch)
    return Checkpoint(step, training.steps, numbers, weights)


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Send 200 test digits through both nets; in train mode in batches of the size they were trained with."""
    activation, place = (words[int(checkpoint.numbers[key])] for key, words in CHOICES.items())
    return look(checkpoint, activation, place, view.mode, view.order, view.layer, view.unit)


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Both accuracies, where the signal dies, the largest rates that train, and how far from torch we are."""
    numbers = checkpoint.numbers
    activation, place = (words[int(numbers[key])] for key, words in CHOICES.items())
    return {
        "accuracy_with": numbers["accuracy_with"],
        "accuracy_without": numbers["accuracy_without"],
        "dead_layer_without": float(dead_layer(reading.along("signal", "without"))),
        "largest_rate_with": largest_rate(numbers, "with"),
        "largest_rate_without": largest_rate(numbers, "without"),
        "difference_from_torch": difference_from_torch(checkpoint, activation, place),
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """Who learnt, where the signal died and why, what the two modes say, which rates train."""
    numbers, depth = checkpoint.numbers, len(reading.hills["with"])
    values = {**numbers, "depth": depth, "steps": checkpoint.step, "batch": int(numbers["batch"])}
    values |= {"with": numbers["accuracy_with"], "without": numbers["accuracy_without"]}
    learnt = {name: numbers[f"accuracy_{name}"] >= TRAINS for name in MODELS}
    outcome = {(True, False): "only_with", (True, True): "both", (False, True): "only_without"}
    said = []
    if reading.refused:
        said.append(Say("refused", {**values, "message": reading.refused}))
    else:
        said.append(Say(outcome.get((learnt["with"], learnt["without"]), "neither"), values))
    for name in MODELS[::-1]:
        if name == "without" or not reading.refused:  # of a net that was not trained there is nothing to say
            said.append(see_signal(reading, name))
    if not reading.refused:
        said.append(Say("sorted" if reading.order == "sorted" else "modes", values))
        if values["batch"] == 2:
            said.append(Say("signs", {**values, "share": reading.signs}))
    rates = {name: largest_rate(numbers, name) for name in MODELS}
    key = "rates" if all(rates.values()) else "rates_with" if rates["with"] else "rates_without"
    said.append(Say(key if any(rates.values()) else "rates_none", {f"rate_{k}": v for k, v in rates.items()}))
    return said


def see_signal(reading: Reading, name: str) -> Say:
    """Where the signal of one net dies, if it does: too small, stuck where it is flat, no number."""
    alive = reading.along("signal", name)
    dies = dead_layer(alive)
    back = reading.along("gradient", name)
    values: dict[str, Any] = {"layer": dies, "last": alive[-1], "depth": len(alive)}
    if dies < 0:
        learnt = reading.numbers[f"accuracy_{name}"] >= TRAINS
        return Say(f"alive_{name}" if learnt or not reading.step else f"faint_{name}", values)
    values |= {"part": alive[dies - 1], "flat": float(reading.flat[name][dies - 1])}
    values["ratio"] = power(back[0] / back[-1]) if back[-1] else "0"
    if not np.isfinite(alive[dies - 1]):
        return Say(f"nan_{name}", values)
    return Say(f"{'stuck' if values['flat'] > 0.9 else 'dies'}_{name}", values)


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """At which rates every trained seed learns, with and without."""
    said = []
    for name in MODELS:
        rows = [trained_rates(reading.numbers, name) for reading in readings]
        counts = {rate: sum(row[rate] >= TRAINS for row in rows) for rate in rows[0]}
        whole = [rate for rate, count in counts.items() if count == len(rows)]
        told = {"n": len(rows), "any": max(counts.values())}
        if whole:
            said.append(Say(f"seeds_{name}", {**told, "low": whole[0], "high": whole[-1]}))
        else:
            best = max(counts, key=lambda rate: counts[rate])
            said.append(Say(f"seeds_{name}_{'not' if told['any'] else 'none'}", {**told, "rate": best}))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """The first number that is worked out by hand."""
    values = {name: float(np.nan_to_num(value[0, 0])) for name, value in reading.by_hand.items()}
    return {**values, "unit": reading.first_unit, "layer": reading.layer}


def picture_layers(readings: Sequence[Reading]) -> Chart:
    """The pre-activations of every layer, without batch norm and with it, and what is left of the signal."""
    return hills_chart(readings)


def picture_signal(readings: Sequence[Reading]) -> Chart:
    """Forward: what part of the spread of the pixels leaves every layer."""
    return layer_lines(readings, "signal", ("dead_below", DEAD))


@of_run
def picture_gradient(readings: Sequence[Reading]) -> Chart:
    """Backward: the size of the gradient that arrives at every layer's weights."""
    return layer_lines(readings, "gradient", None)


@of_run
def picture_rates(readings: Sequence[Reading]) -> Chart:
    """Every learning rate of the slider, trained side by side from this seed."""
    return rate_chart(readings)


@of_run
def picture_modes(readings: Sequence[Reading]) -> Chart:
    """Right answers on test digits: eval mode, train mode, batches of one class, no batch norm."""
    return mode_curves(readings)


def picture_statistics(readings: Sequence[Reading]) -> Chart:
    """One batch's statistics against the running ones, a point for each unit of the chosen layer."""
    return statistics_chart(readings)


def picture_by_hand(readings: Sequence[Reading]) -> Diagram:
    """Batch norm of four digits and three units, every number worked out."""
    return by_hand_diagram(readings)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Accuracy at every learning rate in every trained seed."""
    return seeds_chart(readings)
