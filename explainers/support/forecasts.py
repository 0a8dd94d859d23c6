"""Forecasts of a series: three recurrent cells, the baselines that they must beat, and their errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explainers.support.by_hand import Step, gru_cell, lstm_cell, rnn_cell
from explainers.support.contract import Array, Checkpoint
from explainers.support.once import latest

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Forecaster(nn.Module):
    """Reads a window value by value; the next value is read off the last state."""

    def __init__(self, kind: str, units: int) -> None:
        super().__init__()
        self.cell = CELLS[kind](1, units, batch_first=True)  # W_ih (G·H, 1), W_hh (G·H, H), G gates
        self.score = nn.Linear(units, 1)

    def forward(self, windows: Tensor) -> Tensor:
        """Scaled windows (N, W) → scaled forecasts (N,)."""
        states = self.cell(windows[..., None])[0]  # (N, W, H)
        return self.score(states[:, -1]).squeeze(-1)


@dataclass(frozen=True)
class Scale:
    """What makes values small: x = (y − mean) / spread."""

    mean: float
    spread: float

    @classmethod
    def of(cls, values: Array) -> "Scale":
        """Mean and standard deviation of values (n,)."""
        return cls(float(values.mean()), float(values.std()))

    def down(self, values: Array) -> Tensor:
        """Values → scaled values, as the networks read them."""
        return torch.tensor((values - self.mean) / self.spread, dtype=torch.float32)

    def up(self, scaled: Tensor) -> Array:
        """Scaled forecasts → forecasts in the series' own unit."""
        return scaled.double().numpy() * self.spread + self.mean


def windows_of(values: Array, window: int) -> Array:
    """Every window of a series (n,), each with all its values known: (n − window + 1, window)."""
    return np.lib.stride_tricks.sliding_window_view(values, window)


def regression(windows: Array, targets: Array) -> Array:
    """Linear autoregression: the weights (W + 1,) of windows (N, W), a constant last, by least squares."""
    ones = np.ones((len(windows), 1))
    return np.linalg.lstsq(np.hstack([windows, ones]), targets, rcond=None)[0]


def linear(weights: Array, windows: Array) -> Array:
    """What the linear autoregression says after windows (N, W): (N,)."""
    return windows @ weights[:-1] + weights[-1]


def feed_back(forecast: Callable[[Tensor], Tensor], windows: Tensor, leads: int) -> Tensor:
    """Many steps ahead: each forecast becomes the newest value of the window. (N, W) → (N, leads)."""
    steps = []
    for _ in range(leads):
        steps.append(forecast(windows))  # (N,)
        windows = torch.cat([windows[:, 1:], steps[-1][:, None]], dim=1)  # (N, W)
    return torch.stack(steps, dim=1)


def repeats(values: Array, ends: Array, period: int, leads: int) -> Array:
    """One period ago, again and again, after the values at ``ends`` (N,): (N, leads). 1: the last value."""
    back = 1 - period + np.arange(leads) % period  # (leads,), at most 0
    return values[ends[:, None] + back]


def errors_ahead(values: Array, ends: Array, paths: Array) -> Array:
    """Mean absolute error at each number of steps ahead, where the record goes on: paths (N, L) → (L,)."""
    at = ends[:, None] + 1 + np.arange(paths.shape[1])  # (N, L)
    off = np.abs(paths - values[np.minimum(at, len(values) - 1)])
    return np.nanmean(np.where(at < len(values), off, np.nan), axis=0)


def states_by_hand(kind: str, weights: Mapping[str, Array], x: Array) -> list[dict[str, Array]]:
    """A scaled window x (W,) read by hand: for each value the state (H,), the one before, and its parts."""
    step = Step.of(weights, "cell")
    h = c = np.zeros(step.W_hh.shape[1])  # (H,)
    steps = []
    for a in step.read(x[:, None]):  # (G·H,)
        if kind == "lstm":
            made = lstm_cell(step, a, h, c)
            c = made["cell"]
        else:
            made = gru_cell(step, a, h) if kind == "gru" else rnn_cell(step, a, h)
        steps.append({"before": h, **made})
        h = made["state"]
    return steps


@latest(1)  # 11 kB of a default run: another horizon, or leak, asks for the same window
def window_by_hand(checkpoint: Checkpoint, kind: str, x: tuple[float, ...]) -> list[dict[str, Array]]:
    """``states_by_hand`` of the honest network."""
    return states_by_hand(kind, checkpoint.arrays("honest"), np.array(x))


def baselines(
    y: Array, test: int, W: int, period: int, order: Mapping[str, Tensor], ends: Array, leads: int
) -> dict[str, float]:
    """The errors of what needs no network, on a series y whose last ``test`` values are held out.

    ``last_shuffled`` and ``linear_shuffled`` are measured on the values that the shuffled split holds out.
    ``change`` is the mean change from one value to the next in the training part: what MASE divides by.
    """
    windows, targets, learn = windows_of(y, W)[:-1], y[W:], len(y) - test - W
    numbers = {"change": float(np.abs(np.diff(y[: len(y) - test])).mean())}
    numbers["mae_period"] = float(np.abs(y[-test:] - y[-test - period : -period]).mean())
    for leak, name in (("none", ""), ("shuffled", "_shuffled")):
        fit, held = order[leak][:learn].numpy(), order[leak][learn:].numpy()
        line = linear(regression(windows[fit], targets[fit]), windows[held])  # (M,)
        numbers[f"mae_last{name}"] = float(np.abs(windows[held, -1] - targets[held]).mean())
        numbers[f"mae_linear{name}"] = float(np.abs(line - targets[held]).mean())
    weights = regression(windows[:learn], targets[:learn])
    by_line = feed_back(
        lambda x: torch.as_tensor(linear(weights, x.numpy())),
        torch.tensor(windows_of(y, W)[ends - W + 1]), leads,
    ).numpy()  # fmt: skip
    paths = {"last": repeats(y, ends, 1, leads), "period": repeats(y, ends, period, leads), "linear": by_line}
    for name, path in paths.items():
        numbers |= {f"ahead_{name}_{h}": e for h, e in enumerate(errors_ahead(y, ends, path).tolist(), 1)}
    return numbers
