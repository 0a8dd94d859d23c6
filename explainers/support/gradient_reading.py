"""What was measured of three cells at one checkpoint, and which sentences are true of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10
from typing import Any

from explainers.support.backward import Backward
from explainers.support.cells import CELLS, PARAMETERS, share
from explainers.support.contract import Checkpoint, Say
from explainers.support.measured import Measured
from explainers.support.powers import power, raised, size
from explainers.support.recall import CHANCE

NAMES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


@dataclass(frozen=True)
class Reading(Measured):
    """What was measured at one checkpoint, and one sequence through its RNN and back, by hand."""

    back: Backward

    def norms(self, name: str) -> list[float]:
        """‖∂L/∂h_t‖ of a cell for t = 1 … T."""
        return [self.numbers[f"state_{name}_{t}"] for t in range(1, int(self.numbers["length"]) + 1)]

    def left(self, name: str) -> list[float]:
        """The same as multiples of the last step's: what is left of it at step t."""
        norms = self.norms(name)
        return [share(norm, norms[-1]) if isfinite(norm) else norm for norm in norms]

    @property
    def bound(self) -> list[float]:
        """σ_max(W_hh)^(T−t) · ‖∂L/∂h_T‖ for the RNN, t = 1 … T: above it no gradient can be, as |φ′| ≤ 1."""
        last, T = self.norms("rnn")[-1], int(self.numbers["length"])
        return [last * raised(self.numbers["singular"], T - t) for t in range(1, T + 1)]

    @property
    def sizes(self) -> dict[str, dict[int, float]]:
        """Per cell: training step since the checkpoint before → length of its gradient, not clipped."""
        found: dict[str, dict[int, float]] = {name: {} for name in CELLS}
        for key, value in self.numbers.items():
            if key.startswith("size_"):
                _, name, step = key.split("_")
                found[name][int(step)] = value
        return found

    def clipped(self, name: str) -> float:
        """The share of a cell's steps whose gradient was clipped."""
        return share(self.numbers[f"clipped_{name}"], self.numbers[f"made_{name}"])


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What arrives at the first step, what was learnt, what the bound says, what broke, what was clipped."""
    numbers = reading.numbers
    T = int(numbers["length"])
    start = {name: numbers[f"ratio_{name}"] for name in CELLS}
    key = "kept"
    if start["rnn"] > 1:
        key = "explodes"
    elif numbers["bias"] > 0 and start["lstm"] > 10 * start["rnn"]:
        key = "gate_open"
    elif max(start.values()) < 0.05:
        key = "vanish"
    words = {name: size(part) if key == "explodes" else power(part) for name, part in start.items()}
    said = [Say(key, {**words, "T": T, "bias": numbers["bias"]})]
    if reading.step:
        right = {name: numbers[f"accuracy_{name}"] for name in CELLS}
        best = max(CELLS, key=lambda name: right[name])
        key = (
            "learnt" if right[best] > 0.5 else "learnt_little" if right[best] > 2 * CHANCE else "learnt_none"
        )
        said.append(Say(key, {**right, "chance": CHANCE, "best": NAMES[best], "steps": reading.step}))
    said += see_grown(reading)
    said += [see_broken(reading, name) for name in CELLS if numbers[f"broken_{name}"] >= 0]
    said += see_bound(reading)
    if reading.step:
        shares = {name: reading.clipped(name) for name in CELLS}
        key = "clip_off" if not numbers["clip"] else "clip_some" if any(shares.values()) else "clip_none"
        said.append(Say(key, {**shares, "clip": numbers["clip"]}))
    return said


def see_grown(reading: Reading) -> list[Say]:
    """How the RNN came to learn from a gradient that had vanished, if it did."""
    numbers, left = reading.numbers, reading.left("rnn")[0]
    if numbers["ratio_rnn"] > 0.001 or not left > 100 * numbers["ratio_rnn"] or numbers["accuracy_rnn"] < 0.5:
        return []
    values = {"before": power(numbers["ratio_rnn"]), "now": power(left), "end": numbers["singular"]}
    key = "grown_adam" if numbers["adam"] else "grown"
    return [Say(key, {**values, "start": numbers["singular_start"]})]


def see_bound(reading: Reading) -> list[Say]:
    """What the largest singular value of W_hh allows the RNN's gradient, beside what was measured."""
    singular, radius, left = reading.numbers["singular"], reading.numbers["radius"], reading.left("rnn")[0]
    gap = int(reading.numbers["length"]) - 1
    if not isfinite(singular) or not isfinite(left):
        return []
    bound, eigen = raised(singular, gap), raised(radius, gap)
    key = "bound_shrinks" if bound < 1 else "bound_loose" if left < 1 else "bound_grows"
    if key == "bound_loose" and left and eigen and abs(log10(eigen / left)) < abs(log10(bound / left)):
        key = "bound_radius"
    values = {"bound": size(bound), "left": power(left), "eigen": size(eigen)}
    return [Say(key, {**values, "singular": singular, "radius": radius, "gap": gap})]


def see_broken(reading: Reading, name: str) -> Say:
    """At which training step which parameter of a cell was not finite first."""
    numbers, steps = reading.numbers, int(reading.numbers[f"broken_{name}"])
    parameter = PARAMETERS[int(numbers[f"fault_{name}"])].split(".")
    where = parameter[1].removesuffix("_l0").replace("weight", "W").replace("bias", "b")
    where = f"{where}_score" if parameter[0] == "score" else where
    key = "broken_value" if numbers[f"own_{name}"] else "broken_gradient"
    return Say(key, {"cell": NAMES[name], "step": steps, "parameter": where})


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """Up to which length each cell answers; in how many seeds the claims hold."""
    numbers = [reading.numbers for reading in readings]
    if field == "length":
        reach = {
            name: max(
                (int(v) for v, n in zip(values, numbers, strict=True) if n[f"accuracy_{name}"] > 0.5),
                default=0,
            )
            for name in CELLS
        }
        return [Say("reach" if any(reach.values()) else "reach_none", {**reach, "first": int(values[0])})]
    counts: dict[str, Any] = {"n": len(numbers)}
    counts["small"] = sum(one["ratio_rnn"] < 1e-6 for one in numbers)
    counts["more"] = sum(one["ratio_lstm"] > 100 * one["ratio_rnn"] for one in numbers)
    counts |= {name: sum(one[f"accuracy_{name}"] > 0.5 for one in numbers) for name in CELLS}
    broken = sum(any(one[f"broken_{name}"] >= 0 for name in CELLS) for one in numbers)
    said = [Say("seeds", counts), Say("seeds_right", counts)]
    return [*said, Say("seeds_broken", {**counts, "broken": broken})] if broken else said
