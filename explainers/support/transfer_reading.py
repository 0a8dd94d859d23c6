"""What the page on transfer reads from its nets, and which sentences are true of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from explainers.support.contract import Array, Checkpoint, Say
from explainers.support.measured import Measured
from explainers.support.transfer_data import GROUPS, problem
from explainers.support.transfer_learning import DRAWS, KINDS, SIZES, Kept
from explainers.support.transfer_nets import LAYERS, Net, through

CLOSE = 0.02  # about one standard error of an accuracy on the 500 test digits: less is no difference
FORGOT = 0.05  # of the base's right answers: a loss that is no matter of chance
BASES = ("04", "59", "all", "none", "other")
TARGETS = ("04", "59", "all", "other")


@dataclass(frozen=True)
class Reading(Measured):
    """Accuracies by kind and number of images, and one test digit in the first draw's nets."""

    base: str
    target: str
    shuffled: bool
    size: int  # training images per class that are looked at
    seconds: dict[str, float]  # CPU seconds: of the base, and of one net of each kind
    learnt: dict[str, int]  # how many numbers each kind learns
    image: Array  # (14, 14): the test digit
    label: int  # which digit it is
    maps: tuple[Array, Array]  # what the base's convolutions make of it: (6, 10, 10), (16, 3, 3)
    features: Array  # (32,): what the base makes of it, and the frozen net's head gets
    head: Array  # (C, 32): the weights of that head
    bias: Array  # (C,)
    filters: dict[str, Array]  # kind → (6, 5, 5): the first convolution of each net
    answers: dict[str, int]  # kind → which digit each net takes it for

    def accuracy(self, kind: str, size: int | None = None) -> float:
        """Share of test digits that nets of a kind get right, the mean over the draws."""
        return self.numbers[f"accuracy_{kind}_{size or self.size}"]

    def draws(self, kind: str, size: int) -> list[float]:
        """The same for each draw."""
        return [self.numbers[f"accuracy_{kind}_{size}_{d}"] for d in range(DRAWS)]

    def gain(self, size: int | None = None, kind: str = "frozen") -> float:
        """What a kind's accuracy is above that of nets from nothing."""
        return self.accuracy(kind, size) - self.accuracy("scratch", size)

    @property
    def logits(self) -> Array:
        """What the frozen net's head makes of the digit: (C,)."""
        return np.asarray(self.head @ self.features + self.bias)


@torch.no_grad()
def look(checkpoint: Kept, size: int, digit: int) -> Reading:
    """Send test digit number ``digit``, from 1, through the nets of ``size`` images per class."""
    numbers = checkpoint.numbers
    base, target = BASES[int(numbers["base"])], TARGETS[int(numbers["target"])]
    test = problem(target)[1]
    row = min(digit, len(test.labels)) - 1
    x = test.images[row : row + 1].double()  # (1, 1, 14, 14)
    of_base = checkpoint.arrays("base")
    first, second, features = (part[0].numpy() for part in through(of_base, x)[:3])
    head, bias = (
        checkpoint.weights[f"frozen_{size}.head.{part}"].astype(np.float64) for part in ("weight", "bias")
    )  # (C, 32), (C,)
    filters = {"frozen": of_base["conv1.weight"][:, 0]}
    lowest = GROUPS[target][0]
    answers = {"frozen": int((head @ features + bias).argmax()) + lowest}
    for kind in ("scratch", "tuned"):
        own = checkpoint.arrays(f"{kind}_{size}")
        filters[kind] = own["conv1.weight"][:, 0]
        answers[kind] = int(through(own, x)[-1].argmax()) + lowest
    return Reading(
        checkpoint.step, checkpoint.of, numbers, base, target, bool(numbers["shuffled"]), size,
        checkpoint.seconds, checkpoint.learnt, test.images[row, 0].numpy(), int(test.labels[row]) + lowest,
        (first, second), features, head, bias, filters, answers,
    )  # fmt: skip


def verdict(gap: float) -> str:
    """Whether a gap between two accuracies is a win, a loss or a draw."""
    return "draw" if abs(gap) < CLOSE else "win" if gap > 0 else "lose"


def has_seen(base: str, target: str) -> bool:
    """Whether the base learnt from digits of the very classes, and the very collection, of the target."""
    same = base == target or (base == "all" and target in ("04", "59"))
    return same or (target == "all" and base in ("04", "59"))


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """Frozen against from nothing at the chosen number of images, and at both ends; the base; fine-tuning;
    what was forgotten; what it cost.
    """
    few, many = min(SIZES), max(SIZES)
    n = reading.size
    at = {kind: reading.accuracy(kind) for kind in KINDS}
    values = {**at, "n": n, "draws": DRAWS, "points": 100 * abs(reading.gain())}
    told = {
        f"{end}_{kind}": pick(reading.draws(kind, n))
        for kind in KINDS
        for end, pick in (("low", min), ("high", max))
    }
    said = [Say(f"frozen_{verdict(reading.gain())}", {**values, **told})]
    for end, size in (("few", few), ("many", many)):
        if size != n:
            there = {kind: reading.accuracy(kind, size) for kind in KINDS}
            said.append(Say(f"{end}_{verdict(reading.gain(size))}", {**there, "n": size}))
    said.append(see_base(reading))
    if has_seen(reading.base, reading.target) and not reading.shuffled:
        said.append(Say("seen", {}))
    if reading.base == "none":
        return [*said, see_cost(reading)]
    gap = reading.gain(kind="tuned")
    said.append(Say(f"tuned_{verdict(gap)}", {**values, "points": 100 * abs(gap)}))
    if not reading.shuffled:
        before, now = reading.numbers["base_accuracy"], reading.numbers[f"base_tuned_{n}"]
        forgotten = {"before": before, "now": now, "n": n, "chance": reading.numbers["base_chance"]}
        said.append(Say("forgot" if before - now > FORGOT else "kept", forgotten))
    return [*said, see_cost(reading)]


def see_base(reading: Reading) -> Say:
    """What the base learnt, and how well."""
    of = {"alive": reading.numbers["alive"], "features": len(reading.features)}
    if reading.base == "none":
        return Say("base_none", {**of, "chance": reading.numbers["chance"]})
    values = {**of, "right": reading.numbers["base_accuracy"], "chance": reading.numbers["base_chance"]}
    return Say("base_shuffled" if reading.shuffled else f"base_{reading.base}", values)


def see_cost(reading: Reading) -> Say:
    """How much learns, and how long it took."""
    spent = reading.seconds
    values = {
        "few": reading.learnt["frozen"], "all": reading.learnt["scratch"],
        "share": reading.learnt["frozen"] / reading.learnt["scratch"],
        **{kind: 1000 * spent[kind] for kind in ("base", *KINDS)},
        "times": spent["scratch"] / spent["frozen"] if spent["frozen"] else 0.0,
    }  # fmt: skip
    return Say("cost" if reading.step else "cost_start", values)


def see_sweep(field: str, values: Sequence[str | int], readings: Sequence[Reading]) -> list[Say]:
    """Of seeds: in how many frozen features are behind and ahead; of bases: by how much each."""
    few, many, n = min(SIZES), max(SIZES), readings[-1].size
    if field == "seed":
        counted = {
            "n": len(readings), "few": few, "many": many, "images": n,
            **{f"{v}_{end}": sum(verdict(r.gain(size)) == v for r in readings)
               for v in ("win", "lose") for end, size in (("few", few), ("at", n), ("many", many))},
        }  # fmt: skip
        return [Say("seeds", counted)]
    said = []
    for base, reading in zip(values, readings, strict=True):
        gains = {"few": few, "n": n, "gain_few": 100 * reading.gain(few), "gain": 100 * reading.gain()}
        said.append(Say(f"gain_{base}", gains))
    return said


def formula(reading: Reading) -> dict[str, float]:
    """The largest logit, worked out: what the eight largest terms, the others and the bias add."""
    c = int(reading.logits.argmax())
    terms = reading.head[c] * reading.features  # (32,)
    return {
        "digit": GROUPS[reading.target][c], "sum": float(terms.sum()), "bias": float(reading.bias[c]),
        "logit": float(reading.logits[c]), "all": reading.learnt["scratch"],
        "head": reading.learnt["frozen"],
    }  # fmt: skip


@cache
def layer_counts(classes: int) -> dict[str, int]:
    """How many numbers, weights and biases, each layer of a net has."""
    net = Net(classes)
    return {name: sum(p.numel() for p in net.get_submodule(name).parameters()) for name in LAYERS}
