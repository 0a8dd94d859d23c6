"""ResNet: the same stack of convolutions with and without shortcuts, deeper and deeper; a block taken out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.digits import digit_split
from explainers.support.measured import Measured
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves, sweep_curves
from explainers.support.powers import power, size, times
from explainers.support.residual_measure import (
    MODELS,
    SEEN,
    ByHand,
    by_hand,
    first_row,
    flow,
    measured,
    new_digits,
    slope,
    worth,
)
from explainers.support.residual_nets import ResidualNet, started
from explainers.support.residual_pictures import (
    SERIES,
    added_chart,
    block_diagram,
    flow_diagram,
    gradient_chart,
    lesion_chart,
    signal_chart,
)

SECTION = "pictures"
ORDER = 120
DATA = ("mnist_10k.npz",)
HEADLINE = (
    "accuracy_skip", "accuracy_plain", "gradient_first_skip", "gradient_first_plain",
    "lesion_worst_skip", "lesion_worst_plain",
)  # fmt: skip
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "shallow": {"depth": 4},
    "norm": {"norm": True},
    "he": {"start": "he"},
    "doubled": {"skip": 2},
}
SWEEPS = {"depth": (4, 6, 8, 12, 16, 22, 32), "seed": tuple(range(8))}
BATCH = 32
LEARNS = 0.5  # a net learns if at least this share of new digits is right in the end; guessing gets 0.1


class Training(Settings):
    """What is trained: changing any of these trains again."""

    depth: int = Field(22, ge=4, le=32, multiple_of=2)
    start: Literal["torch", "he", "zero"] = "torch"
    norm: bool = False
    skip: int = Field(1, ge=0, le=2, json_schema_extra={"more": True})
    rate: float = Field(0.005, ge=0.001, le=0.1, json_schema_extra={"log": True, "more": True})
    steps: int = Field(180, ge=40, le=400, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained nets again."""

    digit: int = Field(3, ge=0, le=9)
    block: int = Field(2, ge=1, le=16)
    channel: int = Field(1, ge=1, le=8, json_schema_extra={"more": True})


def nets(training: Training, generator: torch.Generator) -> dict[str, ResidualNet]:
    """The two nets, with and without shortcuts, from the same initial weights."""
    skip = started(
        ResidualNet(training.depth, training.skip, training.norm), training.start, generator
    )  # batch norm draws nothing: γ = 1, β = 0
    plain = ResidualNet(training.depth, 0.0, training.norm)
    plain.load_state_dict(skip.state_dict())
    return {"skip": skip, "plain": plain}


def train(training: Training) -> Iterator[Checkpoint]:
    """Both nets on the same batches, each with its own Adam; measured on the same test digits.

    In the last quarter the rate falls to 0, so that the answers settle.
    """
    generator = torch.Generator().manual_seed(training.seed)
    learn = digit_split(2)[0]
    both = nets(training, generator)
    optimisers = [torch.optim.Adam(net.parameters(), lr=training.rate) for net in both.values()]
    settings = {key: float(getattr(training, key)) for key in ("depth", "skip", "norm")}
    at_first: dict[str, float] = {}
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps, 20):
            numbers = measured(both, last=step == training.steps)
            if not step:
                at_first = {f"gradient_start_{net}": numbers[f"gradient_{net}_1"] for net in MODELS}
                last_block = training.depth // 2
                at_first |= {f"signal_start_{net}": numbers[f"signal_{net}_{last_block}"] for net in MODELS}
            yield Checkpoint(step, training.steps, {**settings, **numbers, **at_first}, weights_of(**both))
        if step == training.steps:
            return
        rows = torch.randint(len(learn.labels), (BATCH,), generator=generator)
        for net, optimiser in zip(both.values(), optimisers, strict=True):
            optimiser.param_groups[0]["lr"] = training.rate * min(1, 4 * (1 - step / training.steps))
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(learn.images[rows]), learn.labels[rows]).backward()
            optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """Both nets over one digit; what each block is worth once the training is over."""

    depth: int
    digit: int
    block: int  # from 1
    channel: int  # from 1
    image: Array  # (14, 14)
    flows: dict[str, Array]  # net → (n + 1, 7, 7): what sets this digit apart, after each block
    hand: ByHand  # one map of one block
    checkpoint: Checkpoint

    def along(self, what: str, net: str) -> list[float]:
        """``signal`` (n + 1,), ``gradient`` (2 n,) or ``added`` (n,) of a net, from the first place on."""
        n = self.depth // 2
        places = {"signal": range(n + 1), "gradient": range(1, 2 * n + 1), "added": range(1, n + 1)}[what]
        return [self.numbers[f"{what}_{net}_{i}"] for i in places]

    def costs(self, net: str) -> list[float]:
        """What each block is worth: the share of right answers that go with it. (n,)."""
        return [self.numbers[f"accuracy_{net}"] - right for right in worth(self.checkpoint, net)[:-1]]


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Send the first test digit of a class through both nets; work out one map of one block."""
    depth = int(checkpoint.numbers["depth"])
    digits, block = new_digits(SEEN), min(view.block, depth // 2)
    image = digits.images[first_row(view.digit)].numpy()
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, depth, view.digit, block, view.channel, image,
        {net: flow(checkpoint, net)[view.digit] for net in MODELS},
        by_hand(checkpoint, block, view.channel, view.digit), checkpoint,
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """Right answers, the gradient at the first weights before training, what the costliest block costs."""
    numbers = checkpoint.numbers
    return {
        **{f"accuracy_{net}": numbers[f"accuracy_{net}"] for net in MODELS},
        **{f"gradient_first_{net}": numbers[f"gradient_start_{net}"] for net in MODELS},
        **{f"lesion_worst_{net}": max(reading.costs(net)) for net in MODELS},
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """Who learnt; what became of signal and gradient; what a block does; what it costs to take one out."""
    numbers = checkpoint.numbers
    values: dict[str, Any] = {**numbers, "depth": reading.depth, "steps": checkpoint.step}
    learnt = {net: numbers[f"accuracy_{net}"] >= LEARNS for net in MODELS}
    outcome = {(True, False): "only_skip", (True, True): "both", (False, True): "only_plain"}
    said = [Say(outcome.get((learnt["skip"], learnt["plain"]), "neither"), values)]
    said += [see_signal(reading, net) for net in MODELS[::-1]]
    start = {
        f"{what}_{net}": numbers[f"{what}_start_{net}"] for what in ("signal", "gradient") for net in MODELS
    }
    first, last = start["gradient_skip"], start["gradient_plain"]
    key = "none" if not (first and last) else "weak" if last < first else "strong"
    told = {name: (times if name.startswith("signal") else size)(value) for name, value in start.items()}
    said.append(Say(f"gradient_{key}", told))
    added = reading.along("added", "skip")
    if np.isfinite(added).all():
        said.append(Say("added" if numbers["norm"] == 0 else "added_norm", {"mean": float(np.mean(added))}))
    if checkpoint.step == checkpoint.of:
        said += [see_lesion(reading, net) for net in MODELS]
    return said


def see_signal(reading: Reading, net: str) -> Say:
    """What is left of the digits' differences behind the last block of a net."""
    left = reading.along("signal", net)
    dies = next((k for k, part in enumerate(left) if part < 0.01), 0)
    values = {"block": dies, "part": power(left[dies or -1]), "last": power(left[-1]), "n": len(left) - 1}
    values["times"] = size(left[-1])
    key = "dies" if dies else "grows" if not left[-1] < 2 else "arrives"
    return Say(f"{key}_{net}", values)


def see_lesion(reading: Reading, net: str) -> Say:
    """What the costliest and the middle block of a net are worth, and the one that is looked at."""
    costs, right = reading.costs(net), reading.numbers[f"accuracy_{net}"]
    worst = int(np.argmax(costs))
    values = {"worst": worst + 1, "cost": costs[worst], "middle": float(np.median(costs)), "right": right}
    values |= {"block": reading.block, "own": costs[reading.block - 1], "n": len(costs)}
    values["bare"] = worth(reading.checkpoint, net)[-1]
    return Say(f"lesion_{net}" if right >= LEARNS else f"nothing_to_lose_{net}", values)


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """From which depth on the plain net does not learn; in how many seeds each net does."""
    rows = {net: [reading.numbers[f"accuracy_{net}"] for reading in readings] for net in MODELS}
    learnt = {net: [right >= LEARNS for right in row] for net, row in rows.items()}
    if field == "seed":
        counts = {net: sum(row) for net, row in learnt.items()}
        return [Say("seeds", {**counts, "n": len(values), "depth": readings[-1].depth})]
    said = []
    for net, row in learnt.items():
        stops = next((i for i in range(len(row)) if not any(row[i:])), -1)
        key = f"depth_{net}" if stops > 0 else f"depth_never_{net}" if stops == 0 else f"depth_all_{net}"
        told = {"deepest": values[max(stops, 1) - 1], "stops": values[max(stops, 0)], "last": values[-1]}
        said.append(Say(key, {**told, "low": min(rows[net]), "high": max(rows[net])}))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """Where the block worked out adds most: what goes around it, what it adds, how both move."""
    r, c = reading.hand.spot
    own = slope(reading.checkpoint, reading.block, reading.channel, reading.digit, (r, c))
    skip = reading.numbers["skip"]
    values = {"skip": skip, "x": reading.hand.x[r, c], "F": reading.hand.F[r, c], "y": reading.hand.y[r, c]}
    return {**{k: float(v) for k, v in values.items()}, "slope": own, "whole": skip + own}


def picture_flow(readings: Sequence[Reading]) -> Diagram:
    """One digit on its way through both nets: what sets it apart from other digits, block by block."""
    return flow_diagram(readings)


@of_run
def picture_signal(readings: Sequence[Reading]) -> Chart:
    """Forwards: how far apart the digits still are after every block."""
    return signal_chart(readings)


@of_run
def picture_gradient(readings: Sequence[Reading]) -> Chart:
    """Backwards: the size of the gradient at every convolution's weights."""
    return gradient_chart(readings)


@of_run
def picture_added(readings: Sequence[Reading]) -> Chart:
    """What each block makes, as part of what it gets."""
    return added_chart(readings)


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers on test digits over the training."""
    return curves(
        readings, {f"accuracy_{k}": s for k, s in SERIES.items()}, "axis.accuracy", (0, 1), ("chance", 0.1)
    )


@of_run
def picture_loss(readings: Sequence[Reading]) -> Chart:
    """The loss on test digits over the training."""
    return curves(
        readings,
        {f"loss_{k}": s for k, s in SERIES.items()},
        "axis.loss",
        (0, 3),
        ("chance", float(np.log(10))),
    )


def picture_lesion(readings: Sequence[Reading]) -> Chart:
    """Right answers of both trained nets without block 1, without block 2, …"""
    return lesion_chart(readings)


def picture_block(readings: Sequence[Reading]) -> Diagram:
    """The second convolution of one block, the shortcut, and their sum, every number worked out."""
    return block_diagram(readings)


def sweep_depth(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers of both nets against the depth."""
    return against(values, readings, "axis.depth")


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers of both nets in each seed."""
    return against(values, readings, "axis.seed")


def against(values: Sequence[float], readings: Sequence[Reading], axis: str) -> Chart:
    """Right answers of both nets against a control."""
    series = {f"accuracy_{net}": name for net, name in SERIES.items()}
    return sweep_curves(values, readings, series, (axis, "axis.accuracy"), (0, 1), ("chance", 0.1))
