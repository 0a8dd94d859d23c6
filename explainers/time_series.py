"""Time series: a forecast is worth what it beats."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from torch import nn

from explainers.support.contract import Array, Checkpoint, Say, Settings, checkpoint_steps, weights_of
from explainers.support.forecast_pictures import (
    ahead_chart,
    errors_diagram,
    forecast_chart,
    hand_diagram,
    leaks_chart,
    scores_chart,
)
from explainers.support.forecasts import (
    Forecaster,
    Scale,
    baselines,
    errors_ahead,
    feed_back,
    window_by_hand,
    windows_of,
)
from explainers.support.init import seeded
from explainers.support.measured import Measured
from explainers.support.once import of_run
from explainers.support.pictures import Chart, sweep_curves
from explainers.support.series import PROBLEMS, Record, SeriesError, held_out, series

SECTION = "sequences"
ORDER = 80
DATA = ("sunspots.csv",)
HEADLINE = ("mae_model", "mae_last_value", "mae_period", "mae_linear", "mase", "mae_leaky")
BREAKS = {"shuffled": {"leak": "shuffled"}, "future": {"leak": "future"}, "short": {"window": 1}}
SWEEPS = {"window": (1, 2, 3, 5, 11, 22, 33, 44), "seed": tuple(range(8))}
LEAKS = ("none", "shuffled", "future")
BATCH, RATE = 64, 0.01
FARTHEST = 33  # steps ahead
ORIGINS = 200  # at most so many starts of long forecasts, evenly over the held-out end
CLOSE = 0.05  # two errors that differ by less than this part are called the same
TINY = 1e-12  # below it an error is none


class Training(Settings):
    """What is trained: changing any of these trains again."""

    cell: Literal["rnn", "gru", "lstm"] = "lstm"
    window: int = Field(22, ge=1, le=44)
    period: int = Field(11, ge=2, le=60, json_schema_extra={"more": True})
    units: int = Field(16, ge=2, le=32, json_schema_extra={"more": True})
    steps: int = Field(400, ge=24, le=800, json_schema_extra={"more": True})
    seed: int = Field(7, ge=0, le=999, json_schema_extra={"more": True})
    # Below the settings that say how long it has to be.
    series: str = Field("", max_length=120_000, json_schema_extra={"csv": True})

    @field_validator("series")
    @classmethod
    def _can_be_forecast(cls, text: str, info: ValidationInfo) -> str:
        asked = {name: info.data.get(name, cls.model_fields[name].default) for name in ("window", "period")}
        try:
            series(text, **asked)
        except SeriesError as error:
            raise PydanticCustomError(error.code, PROBLEMS[error.code], error.values) from None
        return text if text.strip() else ""


def data(training: Training) -> Sequence[str]:
    """Which files this run reads."""
    return () if training.series else DATA


class View(Settings):
    """Where to look: changing any of these only looks elsewhere in what is trained."""

    horizon: int = Field(11, ge=1, le=FARTHEST)
    start: int = Field(0, ge=0, le=100)
    leak: Literal["none", "shuffled", "future"] = Field("none", json_schema_extra={"more": True})


@dataclass(frozen=True, eq=False)
class Forecasts(Checkpoint):
    """A checkpoint with what was forecast: the pictures need values, not only errors."""

    record: Record
    cell: str
    window: int
    period: int
    scale: Scale
    held: dict[str, Array]  # of each leak: which values are held out (M,)
    said: dict[str, Array]  # of each leak: the forecasts of those (M,)
    ends: Array  # (O,) the last value known to each long forecast
    paths: Array  # (O, L) long forecasts, fed with their own output


def train(training: Training) -> Iterator[Forecasts]:
    """The same network three times, from the same values and the same draws: honest, and with each leak.

    ``shuffled``: the held-out values are drawn from the whole record. ``future``: held out is the end, but
    mean and spread come from the whole record. Nothing else differs.
    """
    generator = torch.Generator().manual_seed(training.seed)
    record = series(training.series, training.window, training.period)
    y, W, test = record.values, training.window, held_out(len(record.values))
    learn = len(y) - test - W  # windows to learn from
    windows, targets = windows_of(y, W)[:-1], y[W:]  # (N, W), (N,)
    past, whole = Scale.of(y[: len(y) - test]), Scale.of(y)
    scales = {"none": past, "shuffled": past, "future": whole}
    honest = seeded(Forecaster(training.cell, training.units), generator)
    models: dict[str, Forecaster] = {leak: deepcopy(honest) for leak in LEAKS}
    order = {leak: torch.arange(len(windows)) for leak in LEAKS}  # (N,) to learn from first, then held out
    order["shuffled"] = torch.randperm(len(windows), generator=generator)
    x = {leak: scale.down(windows) for leak, scale in scales.items()}  # (N, W) each
    z = {leak: scale.down(targets) for leak, scale in scales.items()}  # (N,) each
    ends = np.unique(np.linspace(len(y) - test - 1, len(y) - 1, min(test + 1, ORIGINS)).round().astype(int))
    last = past.down(windows_of(y, W)[ends - W + 1])  # (O, W)
    leads = min(FARTHEST, test - 4)
    known = baselines(y, test, W, training.period, order, ends, leads)
    optimiser = torch.optim.Adam([p for model in models.values() for p in model.parameters()], lr=RATE)
    for step in range(training.steps + 1):
        if step in checkpoint_steps(training.steps):
            numbers, said = dict(known), {}
            with torch.no_grad():
                for leak, model in models.items():
                    rows = order[leak][learn:]  # (M,)
                    said[leak] = scales[leak].up(model(x[leak][rows]))
                    numbers[f"mae_{leak}"] = float(np.abs(said[leak] - targets[rows]).mean())
                fit = models["none"](x["none"][:learn])  # (n,)
                paths = past.up(feed_back(models["none"], last, leads))  # (O, L)
            numbers["loss"] = float(nn.functional.mse_loss(fit, z["none"][:learn]))
            numbers["mae_fit"] = float(np.abs(past.up(fit) - targets[:learn]).mean())
            numbers |= {f"ahead_model_{h}": e for h, e in enumerate(errors_ahead(y, ends, paths).tolist(), 1)}
            held = {leak: rows[learn:].numpy() + W for leak, rows in order.items()}
            weights = weights_of(**{"honest" if leak == "none" else leak: m for leak, m in models.items()})
            yield Forecasts(
                step, training.steps, numbers, weights, record, training.cell, W, training.period, past,
                held, said, ends, paths,
            )  # fmt: skip
        if step == training.steps:
            return
        draw = torch.randint(learn, (BATCH,), generator=generator)  # the same places in each order
        optimiser.zero_grad()
        for leak, model in models.items():
            rows = order[leak][draw]  # (B,)
            nn.functional.mse_loss(model(x[leak][rows]), z[leak][rows]).backward()
        optimiser.step()


@dataclass(frozen=True)
class Reading(Measured):
    """The held-out values as this checkpoint forecasts them, and one long forecast from one place on."""

    record: Record
    cell: str
    period: int
    leak: str
    held: Array  # (M,) which values are held out
    said: Array  # (M,) their forecasts, one step ahead
    end: int  # the last value known to the long forecast
    path: Array  # (h,) the long forecast, fed with its own output
    window: Array  # (W,) the values before it
    scale: Scale
    states: list[dict[str, Array]]  # W of them: each state (H,) and what it is made of
    score: Array  # (H,) the weights that read the forecast off the last state
    bias: float

    @property
    def beyond(self) -> bool:
        """Whether the long forecast leaves the record: what it says there cannot be measured."""
        return self.end + len(self.path) >= len(self.record.values)


def read(checkpoint: Forecasts, view: View) -> Reading:
    """Choose what to look at; the window before the long forecast is read again by hand."""
    end = int(checkpoint.ends[place := round(view.start / 100 * (len(checkpoint.ends) - 1))])
    weights, scale = checkpoint.weights, checkpoint.scale
    score = weights["honest.score.weight"][0].astype(np.float64)
    window = checkpoint.record.values[end - checkpoint.window + 1 : end + 1]
    x = tuple(((window - scale.mean) / scale.spread).tolist())  # (W,)
    return Reading(
        checkpoint.step, checkpoint.of, checkpoint.numbers, checkpoint.record, checkpoint.cell,
        checkpoint.period, view.leak,
        checkpoint.held[view.leak], checkpoint.said[view.leak], end,
        checkpoint.paths[place, : view.horizon], window, scale,
        window_by_hand(checkpoint, checkpoint.cell, x), score, float(weights["honest.score.bias"][0]),
    )  # fmt: skip


def headline(checkpoint: Forecasts, reading: Reading) -> dict[str, float]:
    """Errors one step ahead on the held-out end; what the chosen leak (none: the shuffled) reports."""
    numbers = checkpoint.numbers
    return {
        "mae_model": numbers["mae_none"],
        "mae_last_value": numbers["mae_last"],
        "mae_period": numbers["mae_period"],
        "mae_linear": numbers["mae_linear"],
        "mase": numbers["mae_none"] / numbers["change"],
        "mae_leaky": numbers["mae_future" if reading.leak == "future" else "mae_shuffled"],
    }


def formula(reading: Reading) -> dict[str, float]:
    """The mean absolute error of the honest test, and what MASE makes of it."""
    mae, change = reading.numbers["mae_none"], reading.numbers["change"]
    learnt = len(reading.record.values) - held_out(len(reading.record.values))
    return {"held": held_out(len(reading.record.values)), "learnt": learnt, "mae": mae, "change": change,
            "mase": mae / change}  # fmt: skip


def see(checkpoint: Forecasts, reading: Reading) -> list[Say]:
    """Whether the network beats what needs none, near and far; what the leaks report instead."""
    n, h = checkpoint.numbers, len(reading.path)
    values: dict[str, Any] = {**n, **formula(reading), **headline(checkpoint, reading), "h": h}
    values |= {"period": reading.period, "window": len(reading.window), "weights": len(reading.window) + 1}
    values["parameters"] = checkpoint.parameters()["honest"]
    simple, own, line = min(n["mae_last"], n["mae_period"]), n["mae_none"], n["mae_linear"]
    said = [Say("beats" if own < simple else "loses", {**values, "ratio": simple / own})]
    said.append(Say("linear_" + compared(own, line), values))
    said.append(Say("mase_below" if values["mase"] < 1 else "mase_above", values))
    far = {name: n[f"ahead_{name}_{h}"] for name in ("model", "last", "period", "linear")}
    said.append(Say("far_" + compared(far["model"], min(far["last"], far["period"])), {**values, **far}))
    said.append(see_leak(reading.leak, n))
    if reading.beyond:
        said.append(Say("beyond", values))
    return said


def compared(own: float, other: float) -> str:
    """Whether an error is smaller or larger than another, or the same but for a twentieth."""
    return "same" if abs(own - other) <= CLOSE * other else "wins" if own < other else "loses"


def see_leak(leak: str, n: dict[str, float]) -> Say:
    """How much better a leaky test looks, and whether that is the leak or easier values."""
    own, shuffled = n["mae_none"], n["mae_shuffled"]
    last, last_shuffled = (max(n[f"mae_last{name}"], TINY) for name in ("", "_shuffled"))
    values = {**n, "share": 1 - n[f"mae_{leak}"] / own, "last_share": 1 - last_shuffled / last}
    values |= {"part": own / last, "part_shuffled": shuffled / last_shuffled}
    if leak != "shuffled":
        return Say("leak_none" if leak == "none" else "future_" + compared(n["mae_future"], own), values)
    if compared(shuffled, own) != "wins":
        return Say("shuffled_no", values)
    easier = values["part_shuffled"] > values["part"] * (1 - CLOSE)
    return Say("shuffled_easier" if easier else "shuffled_leaks", values)


def see_sweep(field: str, values: Sequence[float], readings: Sequence[Reading]) -> list[Say]:
    """Which window is long enough; in how many seeds the network beats what."""
    errors = [reading.numbers["mae_none"] for reading in readings]
    if field == "window":
        best = int(np.argmin(errors))
        return [Say("windows", {"best": values[best], "error": errors[best], "first": values[0],
                                "short": errors[0], "last": readings[0].numbers["mae_last"]})]  # fmt: skip
    numbers, h = [reading.numbers for reading in readings], len(readings[0].path)
    far = [one[f"ahead_model_{h}"] for one in numbers]
    counts = {
        "n": len(errors), "low": min(errors), "high": max(errors), "h": h, "far_low": min(far),
        "far_high": max(far), "far_period": numbers[0][f"ahead_period_{h}"],
        "simple": sum(one["mae_none"] < min(one["mae_last"], one["mae_period"]) for one in numbers),
        "linear": sum(one["mae_none"] < one["mae_linear"] for one in numbers),
        "shuffled": sum(one["mae_shuffled"] < one["mae_none"] for one in numbers),
        "future": sum(one["mae_future"] < one["mae_none"] for one in numbers),
    }  # fmt: skip
    return [Say("seeds", counts), Say("far_apart" if max(far) > 1.5 * min(far) else "far_alike", counts)]


picture_forecast = forecast_chart
picture_scores = scores_chart
picture_ahead = ahead_chart
picture_leaks = of_run(leaks_chart)
picture_by_hand = hand_diagram
picture_errors = errors_diagram


def sweep_window(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """The error against the length of the window, beside that of the regression on as many values."""
    return swept(values, readings, "axis.window")


def sweep_seed(values: Sequence[float], readings: Sequence[Reading]) -> Chart:
    """The error in each seed."""
    return swept(values, readings, "axis.seed")


def swept(values: Sequence[float], readings: Sequence[Reading], axis: str) -> Chart:
    """The network's and the regression's error against a control; the last value's as a dotted line."""
    numbers = readings[-1].numbers
    series = {"mae_none": readings[-1].cell, "mae_linear": "linear"}
    top = 1.15 * max(max(r.numbers[key] for r in readings for key in series), numbers["mae_last"])
    level = ("baseline", numbers["mae_last"])
    return sweep_curves(values, readings, series, (axis, "axis.mae"), (0.0, top), level)
