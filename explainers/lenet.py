"""LeNet-5: one small detector, slid over the whole picture, finds its stroke wherever it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, Field
from torch import nn

from explainers.support.contract import Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.digits import digit_split
from explainers.support.drawing import MOST, checked
from explainers.support.lenet_digits import Moves, framed, looked_at, permute
from explainers.support.lenet_hand import dense_shares, torch_difference, walk
from explainers.support.lenet_measure import answers, measured, right_under
from explainers.support.lenet_net import Dense, LeNet5, drawn
from explainers.support.lenet_pictures import (
    accuracy_chart,
    cell_diagram,
    confusion_diagram,
    layers_diagram,
    seeds_chart,
    shift_chart,
)
from explainers.support.lenet_reading import Reading, gap, held_still
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram

SECTION = "pictures"
ORDER = 110
DATA = ("mnist_10k.npz",)
HEADLINE = (
    "accuracy", "parameters", "accuracy_permuted", "accuracy_dense", "accuracy_dense_permuted",
    "difference_from_torch",
)  # fmt: skip
BREAKS: Mapping[str, Mapping[str, Any]] = {
    "shift": {"shift_x": 6},
    "invert": {"invert": True},
    "rotate": {"rotate": 90},
    "permute": {"permute": True},
}
SWEEPS = {"seed": tuple(range(8))}
BATCH = 32
COUNT = 20  # checkpoints after the start
LEVEL = 0.0075  # of 2,000 new digits; a smaller lead is called level


class Training(Settings):
    """What is trained: changing any of these trains again."""

    steps: int = Field(360, ge=20, le=1200, json_schema_extra={"more": True})
    digits: int = Field(8000, ge=100, le=8000, json_schema_extra={"log": True, "more": True})
    rate: float = Field(0.01, ge=0.001, le=0.1, json_schema_extra={"log": True, "more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained networks again."""

    drawing: Annotated[str, AfterValidator(checked)] = Field(
        "", max_length=MOST, json_schema_extra={"pad": True}
    )
    number: int = Field(4, ge=0, le=1999)
    shift_x: int = Field(0, ge=-8, le=8)
    shift_y: int = Field(0, ge=-8, le=8, json_schema_extra={"more": True})
    rotate: int = Field(0, ge=-180, le=180, json_schema_extra={"more": True})
    invert: bool = Field(False, json_schema_extra={"more": True})
    permute: bool = False
    layer: Literal["c1", "c3"] = Field("c1", json_schema_extra={"more": True})
    map: int = Field(1, ge=1, le=16, json_schema_extra={"more": True})
    row: int = Field(14, ge=1, le=28, json_schema_extra={"more": True})
    column: int = Field(14, ge=1, le=28, json_schema_extra={"more": True})
    true: int = Field(4, ge=0, le=9, json_schema_extra={"more": True})
    taken: int = Field(9, ge=0, le=9, json_schema_extra={"more": True})


def nets(generator: torch.Generator) -> dict[str, nn.Module]:
    """Two of each kind, one for digits as they are and one for permuted ones, from the same weights."""
    found: dict[str, nn.Module] = {}
    for name, kind in (("lenet", LeNet5), ("dense", Dense)):
        found[name] = drawn(kind(), generator)
        found[f"{name}_permuted"] = kind()
        found[f"{name}_permuted"].load_state_dict(found[name].state_dict())
    return found


def train(training: Training) -> Iterator[Checkpoint]:
    """All four on the same batches by Adam; the rate falls in a straight line to 0."""
    generator = torch.Generator().manual_seed(training.seed)
    learn = digit_split()[0].pick(slice(training.digits))
    x, labels = framed(learn.images), learn.labels  # (N, 1, 32, 32), (N,)
    mixed = permute(x, training.seed)
    four = nets(generator)
    optimiser = torch.optim.Adam(
        [p for net in four.values() for p in net.parameters()], lr=training.rate, fused=True
    )
    for step in range(training.steps + 1):
        last = step == training.steps
        if step in checkpoint_steps(training.steps, COUNT):
            yield Checkpoint(step, training.steps, measured(four, training.seed, last), weights_of(**four))
        if last:
            return
        optimiser.param_groups[0]["lr"] = training.rate * (1 - step / training.steps)
        rows = torch.randint(len(labels), (BATCH,), generator=generator)
        optimiser.zero_grad()
        for name, net in four.items():
            logits = net((mixed if name.endswith("permuted") else x)[rows])  # (B, 10)
            nn.functional.cross_entropy(logits, labels[rows]).backward()
        optimiser.step()


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """Send a digit through LeNet-5 by hand; a permuted one through the network that learnt permuted ones."""
    seed, kind = int(checkpoint.numbers["seed"]), "_permuted" if view.permute else ""
    moves = Moves(view.rotate, view.shift_x, view.shift_y, view.invert, seed if view.permute else -1)
    x, label = looked_at(view.drawing, view.number, moves)
    weights = checkpoint.arrays(f"lenet{kind}")
    dense = dense_shares(checkpoint.arrays(f"dense{kind}"), x)
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, x, label, moves, weights, walk(weights, x), dense,
        answers(checkpoint, f"lenet{kind}"), (view.layer.upper(), view.map, view.row, view.column),
        (view.true, view.taken),
    )  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """The four accuracies on test digits, the size of LeNet-5, and how far its sums are from torch's."""
    numbers = checkpoint.numbers
    return {
        "accuracy": numbers["accuracy_lenet"],
        "parameters": float(checkpoint.parameters()["lenet"]),
        "accuracy_permuted": numbers["accuracy_lenet_permuted"],
        "accuracy_dense": numbers["accuracy_dense"],
        "accuracy_dense_permuted": numbers["accuracy_dense_permuted"],
        "difference_from_torch": torch_difference(reading.weights, reading.x, reading.walk),
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What the digit is taken for, who wins on which pixels, what the moves cost, what is confused."""
    numbers, moves = checkpoint.numbers, reading.moves
    said = [see_answer(reading)]
    kind = "_permuted" if moves.permuted >= 0 else ""
    if any(moves[:4]):
        right = {name: right_under(checkpoint, name + kind, moves) for name in ("lenet", "dense")}
        said.append(Say("moved", {**right, "before": numbers[f"accuracy_lenet{kind}"]}))
    if (moves.shift_x or moves.shift_y) and not kind and not moves.rotate and not moves.invert:
        said.append(Say("slides", held_still(reading)))
    values = {**numbers, "gap": 100 * gap(numbers, ""), "gap_permuted": 100 * gap(numbers, "_permuted")}
    change = abs(numbers["accuracy_dense"] - numbers["accuracy_dense_permuted"])
    said.append(Say(outcome(numbers), values))
    calm = change < 0.3 * (numbers["accuracy_lenet"] - numbers["accuracy_lenet_permuted"])
    said.append(Say("dense_calm" if calm else "dense_moved", {"dense_change": 100 * change}))
    if "shift_lenet_3" in numbers:
        ahead = numbers["shift_lenet_3"] > numbers["shift_dense_3"]
        said.append(Say("shifts" if ahead else "shifts_not", numbers))
    true, taken, count = reading.most_confused
    if not len(reading.answers):
        return said
    said.append(
        Say("confused" if count else "confused_none",
            {"true": true, "taken": taken, "count": count, "n": len(reading.answers)})
    )  # fmt: skip
    return said


def see_answer(reading: Reading) -> Say:
    """What LeNet-5 takes the digit for, and what the dense net does."""
    shares, dense = reading.walk.shares, reading.dense
    values = {"answer": int(shares.argmax()), "share": float(shares.max()), "label": reading.label}
    values |= {"dense": int(dense.argmax()), "dense_share": float(dense.max())}
    if reading.label < 0:
        return Say("drawn" if reading.x.any() else "empty", values)
    return Say("right" if values["answer"] == reading.label else "wrong", values)


def outcome(numbers: Mapping[str, float]) -> str:
    """Who recognises more new digits, straight and permuted, or that they are level."""
    words = []
    for kind in ("", "_permuted"):
        ahead = gap(numbers, kind)
        words.append("ahead" if ahead > LEVEL else "behind" if ahead < -LEVEL else "level")
    return "_".join(words)


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """In how many seeds the convolution is ahead on straight digits, and no longer on permuted ones."""
    gaps = {kind: [gap(r.numbers, kind) for r in readings] for kind in ("", "_permuted")}
    moves = [r.numbers["accuracy_dense_permuted"] - r.numbers["accuracy_dense"] for r in readings]
    return [
        Say("seeds", {
            "n": len(values),
            "ahead": sum(g > 0 for g in gaps[""]),
            "behind": sum(g < 0 for g in gaps["_permuted"]),
            "mean": 100 * sum(gaps[""]) / len(values),
            "mean_permuted": 100 * sum(gaps["_permuted"]) / len(values),
            "dense_change": 100 * max(map(abs, moves)),
        })
    ]  # fmt: skip


def formula(reading: Reading) -> dict[str, float]:
    """The chosen cell of C1 or C3: its sum, its bias, and what comes out."""
    return reading.by_hand


def picture_layers(readings: Sequence[Reading]) -> Diagram:
    """The digit, what every layer makes of it, and the ten answers."""
    return layers_diagram(readings)


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers over the training: convolution and dense net, straight and permuted pixels."""
    return accuracy_chart(readings)


@of_run
def picture_shift(readings: Sequence[Reading]) -> Chart:
    """Right answers on digits that are shifted by so many pixels."""
    return shift_chart(readings)


def picture_confusion(readings: Sequence[Reading]) -> Diagram:
    """Which digit is taken for which, with one of them for every pair, and the chosen pair's."""
    return confusion_diagram(readings)


def picture_by_hand(readings: Sequence[Reading]) -> Diagram:
    """One cell of C1 or C3: what lies under the kernel, the kernel, their products."""
    return cell_diagram(readings)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """The four accuracies in each seed."""
    return seeds_chart(values, readings)
