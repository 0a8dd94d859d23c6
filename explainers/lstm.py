"""LSTM: it carries its memory along a line that is multiplied by a gate which it can hold open."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from explainers.support.cells import open_forget_gate
from explainers.support.contract import Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.lstm_by_hand import lstm_backward, lstm_forward, rnn_backward, rnn_forward
from explainers.support.lstm_cell import GATES
from explainers.support.lstm_pictures import (
    cell_diagram,
    gates_diagram,
    part,
    road_chart,
    step_diagram,
)
from explainers.support.lstm_readers import HELD, like_sized, measured
from explainers.support.lstm_reading import Reading, answers_from, at_the_end, cells_of, in_double, inputs_of
from explainers.support.lstm_tasks import (
    LONGEST,
    TASKS,
    answer_count,
    asked_about,
    chance_of,
    known_words,
    training_batches,
    unseen,
)
from explainers.support.once import of_run
from explainers.support.pictures import Chart, Diagram, curves, sweep_curves
from explainers.support.recall import LETTERS

SECTION = "sequences"
ORDER = 60
DATA = ("reviews_en.csv.gz", "order_pairs.toml")
HEADLINE = (
    "forget_mean", "forget_product", "accuracy", "accuracy_forget_shut", "accuracy_input_shut",
    "accuracy_output_shut", "parameters", "difference_from_torch",
)  # fmt: skip
BREAKS = {
    "forget_shut": {"task": "recall", "forget_bias": 5, "hold": "forget_shut"},
    "default_bias": {"task": "recall", "forget_bias": 0, "hold": "free"},
    "never_forget": {"task": "pairs_en", "forget_bias": 0, "hold": "forget_open"},
}
SWEEPS = {"forget_bias": (-2, 0, 1, 2, 3, 4, 5, 6, 8), "seed": tuple(range(8))}
BATCH, RATE, CLIP = 64, 0.01, 1.0
CHECKPOINTS = 20
CLEAR = 0.1  # a share of right answers that counts as a difference


class Training(Settings):
    """What is trained: changing any of these trains again."""

    task: Literal["recall", "reviews", "pairs_en", "pairs_pt"] = "recall"
    forget_bias: int = Field(5, ge=-2, le=8)
    length: int = Field(30, ge=6, le=60)
    units: int = Field(16, ge=4, le=24, json_schema_extra={"more": True})
    steps: int = Field(400, ge=20, le=800, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})


class View(Settings):
    """Where to look: changing any of these only asks the trained model again."""

    text: str = Field("F", max_length=280)
    hold: Literal[
        "free", "forget_shut", "forget_open", "input_shut", "input_open", "output_shut", "output_open"
    ] = "free"
    at: int = Field(2, ge=1, le=LONGEST, json_schema_extra={"more": True})
    example: int = Field(0, ge=0, le=255, json_schema_extra={"more": True})


def data(training: Training) -> tuple[str, ...]:
    """Which of the files this run reads: letters to recall are made up."""
    return {"recall": (), "reviews": DATA[:1]}.get(training.task, DATA[1:])


def train(training: Training) -> Iterator[Checkpoint]:
    """An LSTM, and a GRU and an RNN with as many parameters, on the same batches.

    ``forget_bias`` is added to the initial bias of the LSTM's forget gate, as Gers et al. (2000) did.
    """
    generator = torch.Generator().manual_seed(training.seed)
    words = len(known_words(training.task))
    models = like_sized(training.units, words, answer_count(training.task), generator)
    open_forget_gate(models["lstm"].cell, training.forget_bias)
    draw = training_batches(training.task, training.length, BATCH, generator)
    test = unseen(training.task, training.length)
    about = {
        "task": TASKS.index(training.task),
        "length": training.length,
        "chance": chance_of(training.task),
    }
    optimisers = {kind: torch.optim.Adam(model.parameters(), lr=RATE) for kind, model in models.items()}
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps, CHECKPOINTS):
            numbers = measured(models, test)
            about.setdefault("forget_start", numbers["forget"])
            yield Checkpoint(step, training.steps, {**about, **numbers}, weights_of(**models))
        if step == training.steps:
            return
        batch = draw()
        for kind, model in models.items():
            optimisers[kind].zero_grad()
            nn.functional.cross_entropy(model(batch), batch.answers).backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimisers[kind].step()


def read(checkpoint: Checkpoint, view: View) -> Reading:
    """One sequence through the LSTM, gate by gate, with one gate held or none; and the gradient back."""
    return read_all([checkpoint], view)[0]


def read_all(checkpoints: Sequence[Checkpoint], view: View) -> list[Reading]:
    """The same of N checkpoints of one run, a step of all at a time."""
    numbers = checkpoints[0].numbers
    asked = asked_about(TASKS[int(numbers["task"])], int(numbers["length"]), view.text, view.example)
    weights, plain = in_double(checkpoints, "lstm"), in_double(checkpoints, "rnn")
    x = inputs_of(checkpoints, "lstm", asked)  # (N, T, 8)
    gates, c, h = lstm_forward(weights, x, view.hold)
    shares = answers_from(weights, h)  # (N, T, K)
    said = shares[:, -1].argmax(axis=1)  # (N,)
    answers = said if asked.answer is None else np.full_like(said, asked.answer)
    back = lstm_backward(weights["weight_hh_l0"], gates, c, at_the_end(weights, shares[:, -1], answers))
    states = rnn_forward(plain, inputs_of(checkpoints, "rnn", asked))  # (N, T, H of the RNN)
    plain_end = at_the_end(plain, answers_from(plain, states[:, -1:])[:, 0], answers)  # (N, H of the RNN)
    back_rnn = rnn_backward(plain["weight_hh_l0"], states, plain_end)
    cells, recall = cells_of(weights, gates, c, h, x), numbers["task"] == TASKS.index("recall")
    return [
        Reading(
            checkpoint.step, checkpoint.of, checkpoint.numbers, checkpoint.parameters(), view.hold,
            asked.words, asked.unread, answer, asked.answer is not None, int(said[n]),
            min(view.at, len(asked.words)),
            shares[n, :, answer if recall else 1],  # of the first symbol; of "positive"
            cells[n], back[n], back_rnn[n],
        )
        for n, (checkpoint, answer) in enumerate(zip(checkpoints, answers.tolist(), strict=True))
    ]  # fmt: skip


def headline(checkpoint: Checkpoint, reading: Reading) -> dict[str, float]:
    """The forget gates over the sequence, their product on the gradient's road, and each gate's worth."""
    numbers = checkpoint.numbers
    return {
        "forget_mean": float(reading.cell.gates[:, GATES.index("forget")].mean()),
        "forget_product": float(reading.road[0]),
        "accuracy": numbers["accuracy_lstm"],
        **{f"accuracy_{gate}_shut": numbers[f"accuracy_{gate}_shut"] for gate in HELD},
        "parameters": float(reading.parameters["lstm"]),
        "difference_from_torch": numbers["difference_from_torch"],
    }


def see(checkpoint: Checkpoint, reading: Reading) -> list[Say]:
    """What was answered, what the gates let through, what each gate is worth, who else learnt it."""
    numbers, T = checkpoint.numbers, len(reading.words)
    said = []
    if reading.unread:
        example = {"text": reading.unread, "example": " ".join(reading.words)}
        said.append(Say("unread_letters" if reading.task == "recall" else "unread_words", example))
    said.append(see_answer(reading))
    if reading.hold != "free":
        held = {"held": numbers[f"accuracy_{reading.hold}"], "free": numbers["accuracy_lstm"]}
        said.append(Say(f"hold_{reading.hold}", held))
    gates = {"start": numbers["forget_start"], "mean": reading.cell.gates[:, GATES.index("forget")].mean()}
    arrived, road, rnn = (float(v[0]) for v in (reading.arrived, reading.road, reading.arrived_rnn))
    values = {**gates, "T": T, "arrived": part(arrived), "road": part(road), "rnn": part(rnn)}
    said.append(Say("gates", values))
    if T > 1:
        close = road > 0 and 0.5 <= arrived / road <= 2
        said.append(Say("road" if close else "road_more" if arrived > road else "road_less", values))
    return [*said, *see_held(reading), see_others(reading)]


def see_answer(reading: Reading) -> Say:
    """The answer to this sequence, and whether it is right where somebody knows."""
    sure, T = float(reading.sure[-1]), len(reading.words)
    if reading.task == "recall":
        first, named = LETTERS[reading.answer], LETTERS[reading.said]
        key = "recalled" if first == named else "not_recalled"
        return Say(key, {"first": first, "named": named, "sure": sure, "T": T})
    text = " ".join(reading.words)
    key = "text" if not reading.known else "text_right" if reading.said == reading.answer else "text_wrong"
    return Say(key, {"text": text, "sure": sure})


def see_held(reading: Reading) -> list[Say]:
    """What each gate is worth on the test sequences: the fall when it is shut, and when it stands open."""
    numbers, said = reading.numbers, []
    free, chance = numbers["accuracy_lstm"], numbers["chance"]
    if free < chance + CLEAR:
        return [Say("learnt_nothing", {"free": free, "chance": chance})]
    shut = {gate: numbers[f"accuracy_{gate}_shut"] for gate in HELD}
    said.append(Say("shut", {"free": free, "chance": chance, **shut}))
    if shut["forget"] >= chance + CLEAR:
        said.append(Say("detour", {"forget": shut["forget"], "chance": chance}))
    opened = {"free": free, "open": numbers["accuracy_forget_open"]}
    return [*said, Say("open_costs" if free - opened["open"] >= CLEAR / 2 else "open_free", opened)]


def see_others(reading: Reading) -> Say:
    """The three cells with as many parameters, on the same test sequences."""
    numbers = reading.numbers
    right = {kind: numbers[f"accuracy_{kind}"] for kind in ("lstm", "gru", "rnn")}
    best = max(right.values())
    key = "others_behind" if right["lstm"] == best else "others_ahead"
    if best < numbers["chance"] + CLEAR:
        key = "others_none"
    return Say(key, {**right, "parameters": reading.parameters["lstm"]})


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """From which forget bias on the LSTM learns; in how many seeds it does, and what a shut gate leaves."""
    chance = readings[-1].numbers["chance"]
    right = [reading.numbers["accuracy_lstm"] for reading in readings]
    if field == "forget_bias":
        best = max(range(len(values)), key=lambda k: right[k])
        ends = {"best": values[best], "accuracy": right[best], "first": values[0], "worst": right[0]}
        return [Say("bias_matters" if right[best] - right[0] >= CLEAR else "bias_hardly", ends)]
    shut = [reading.numbers["accuracy_forget_shut"] for reading in readings]
    ahead = [r.numbers["accuracy_lstm"] > r.numbers["accuracy_rnn"] for r in readings]
    return [Say("seeds", {
        "n": len(right), "good": sum(a >= 0.9 for a in right), "low": min(right), "ahead": sum(ahead),
        "shut_low": min(shut), "shut_high": max(shut), "chance": chance,
    })]  # fmt: skip


def formula(reading: Reading) -> dict[str, float]:
    """The most decisive unit at the last step: both lines of the cell."""
    unit, T = int(reading.numbers["unit_0"]), len(reading.words)
    i, f, g, o = (float(gate) for gate in reading.cell.gates[-1][:, unit])
    before = float(reading.cell.c[-2, unit]) if T > 1 else 0.0
    c, h = float(reading.cell.c[-1, unit]), float(reading.cell.h[-1, unit])
    return {"T": T, "i": i, "f": f, "g": g, "o": o, "before": before, "c": c, "h": h}


def picture_cell(readings: Sequence[Reading]) -> Diagram:
    """Two units of the cell, unrolled: cell state, gates, hidden state and answer of every drawn step."""
    return cell_diagram(readings)


def picture_road(readings: Sequence[Reading]) -> Chart:
    """How much of the gradient reaches each step: measured, by the forget gates alone, and in the RNN."""
    return road_chart(readings)


@of_run
def picture_held(readings: Sequence[Reading]) -> Diagram:
    """Each gate shut, free and open: right answers on the test sequences."""
    return gates_diagram(readings)


@of_run
def picture_accuracy(readings: Sequence[Reading]) -> Chart:
    """Right answers over the training of three cells with as many parameters."""
    series = {f"accuracy_{kind}": kind for kind in ("lstm", "gru", "rnn")}
    return curves(readings, series, "axis.right", (0.0, 1.05), ("chance", readings[-1].numbers["chance"]))


def picture_step(readings: Sequence[Reading]) -> Diagram:
    """One step of the cell with all its units, from the sums to the new states."""
    return step_diagram(readings)


def sweep_forget_bias(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers against the initial bias of the forget gate; the others know no such bias."""
    series = {"accuracy_lstm": "lstm", "accuracy_forget_shut": "frozen"}
    level = ("chance", readings[-1].numbers["chance"])
    return sweep_curves(values, readings, series, ("axis.bias", "axis.right"), (0.0, 1.05), level)


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """Right answers in each seed: the three cells, and the LSTM with its forget gate shut."""
    series = {"accuracy_lstm": "lstm", "accuracy_rnn": "rnn", "accuracy_gru": "gru"}
    level = ("chance", readings[-1].numbers["chance"])
    return sweep_curves(values, readings, series, ("axis.seed", "axis.right"), (0.0, 1.05), level)
