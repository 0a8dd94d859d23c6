"""What the page on time series teaches, on eight seeds that nobody picked, and which series it refuses."""

import json
import subprocess
import sys
from functools import cache
from itertools import pairwise
from math import pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from explainers import time_series as page
from explainers.__main__ import main
from explainers.support.contract import Label
from explainers.support.forecast_pictures import (
    ahead_chart,
    errors_diagram,
    forecast_chart,
    hand_diagram,
    later,
    scores_chart,
)
from explainers.support.forecasts import (
    Forecaster,
    Scale,
    errors_ahead,
    feed_back,
    linear,
    regression,
    repeats,
    states_by_hand,
    windows_of,
)
from explainers.support.init import seeded
from explainers.support.script import script
from explainers.support.series import LARGEST, MOST_ROWS, PROBLEMS, SeriesError, least_rows, parse, series
from explainers.time_series import Forecasts, Reading, Training, View
from ui.locale import LANGUAGES, Words, table

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(101, 108)
WAVE = "\n".join(f"{10 + 5 * sin(2 * pi * t / 12):.4f}" for t in range(120))


@cache
def run(**settings: Any) -> list[Forecasts]:
    return list(page.train(Training(**settings)))


def read(settings: dict[str, Any] | None = None, **view: Any) -> Reading:
    return page.read(run(**(settings or {}))[-1], View(**view))


def numbers(**settings: Any) -> dict[str, float]:
    return run(**settings)[-1].numbers


def said(settings: dict[str, Any] | None = None, **view: Any) -> list[str]:
    return [say.key for say in page.see(run(**(settings or {}))[-1], read(settings, **view))]


# -- the maths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize(("W", "H"), [(1, 2), (22, 16)])
def test_the_cells_by_hand_are_torchs(kind: str, W: int, H: int) -> None:
    generator = torch.Generator().manual_seed(W)
    model = seeded(Forecaster(kind, H), generator).double()
    x = torch.randn(W, generator=generator, dtype=torch.float64)
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    states = states_by_hand(kind, weights, x.numpy())
    by_torch = model.cell(x[None, :, None])[0][0].detach().numpy()
    assert by_torch.shape == (W, H)
    np.testing.assert_allclose([step["state"] for step in states], by_torch, rtol=0, atol=1e-6)
    forecast = weights["score.weight"][0] @ states[-1]["state"] + weights["score.bias"][0]
    assert forecast == pytest.approx(float(model(x[None]).detach()), abs=1e-6)


@pytest.mark.parametrize("start", [0, 37, 100])
def test_the_reading_by_hand_is_what_the_trained_model_says(start: int) -> None:
    reading, last = read(start=start, horizon=5), run()[-1]
    model = Forecaster("lstm", 16)
    model.load_state_dict(last.state("honest"))
    scaled = float(reading.score @ reading.states[-1]["state"] + reading.bias)
    assert reading.scale.mean + reading.scale.spread * scaled == pytest.approx(reading.path[0], abs=1e-3)
    window = list(reading.window)
    for value in reading.path:
        x = reading.scale.down(np.array(window[-22:]))[None]
        with torch.no_grad():
            assert reading.scale.up(model(x))[0] == pytest.approx(value, abs=1e-3)
        window.append(value)


def test_windows_and_the_value_after_each() -> None:
    assert windows_of(np.arange(5.0), 3).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    forecast = feed_back(lambda x: x[:, -1] + x[:, 0], torch.tensor([[1.0, 2.0]]), 3)
    assert forecast.tolist() == [[3.0, 5.0, 8.0]]


def test_baselines_are_those_of_a_plain_loop() -> None:
    record, n, test = series("", 22, 11), 309, 61
    y, found = record.values, numbers()
    assert (len(y), record.times[0], record.times[-1]) == (n, 1700, 2008)
    ends = range(n - test - 1, n - 1)
    assert found["mae_last"] == pytest.approx(np.mean([abs(y[t + 1] - y[t]) for t in ends]))
    assert found["mae_period"] == pytest.approx(np.mean([abs(y[t + 1] - y[t - 10]) for t in ends]))
    assert found["change"] == pytest.approx(np.mean([abs(b - a) for a, b in pairwise(y[: n - test])]))
    fit = range(n - test - 22)
    weights = regression(np.array([y[i : i + 22] for i in fit]), np.array([y[i + 22] for i in fit]))
    line = [abs(y[t + 1] - float(linear(weights, y[None, t - 21 : t + 1])[0])) for t in ends]
    assert found["mae_linear"] == pytest.approx(np.mean(line))
    for h in (1, 5, 11, 17):
        last = np.mean([abs(y[t + h] - y[t]) for t in range(n - test - 1, n - h)])
        period = np.mean([abs(y[t + h] - y[t + 1 - 11 + (h - 1) % 11]) for t in range(n - test - 1, n - h)])
        assert found[f"ahead_last_{h}"] == pytest.approx(last)
        assert found[f"ahead_period_{h}"] == pytest.approx(period)
    for name, one in (("model", "none"), ("last", "last"), ("period", "period"), ("linear", "linear")):
        assert found[f"ahead_{name}_1"] == pytest.approx(found[f"mae_{one}"], abs=1e-3)


def test_the_regression_finds_a_rule_that_is_there() -> None:
    y = [1.0, 0.5]
    for _ in range(60):
        y.append(1.6 * y[-1] - 0.9 * y[-2] + 0.3)
    windows = windows_of(np.array(y), 2)[:-1]
    np.testing.assert_allclose(regression(windows, np.array(y[2:])), [-0.9, 1.6, 0.3], atol=1e-6)


def test_errors_ahead_leave_out_what_nobody_knows() -> None:
    y = np.array([0.0, 1.0, 2.0, 3.0])
    assert errors_ahead(y, np.array([1, 2]), np.array([[2.0, 5.0], [4.0, 9.0]])).tolist() == [0.5, 2.0]
    assert repeats(y, np.array([3]), 2, 5).tolist() == [[2, 3, 2, 3, 2]]
    assert repeats(y, np.array([3]), 1, 2).tolist() == [[3, 3]]


def test_mase_divides_by_the_change_in_the_part_learnt_from() -> None:
    found = page.headline(run()[-1], read())
    assert found["mase"] == pytest.approx(found["mae_model"] / numbers()["change"])
    assert found["mae_model"] == pytest.approx(np.abs(read().said - read().record.values[-61:]).mean())


# -- the claim ---------------------------------------------------------------------------------------------


def test_the_network_beats_the_baselines_that_learn_nothing_by_less_than_two() -> None:
    found = [numbers(seed=seed) for seed in SEEDS]
    ratios = [one["mae_period"] / one["mae_none"] for one in found]
    assert sum(1.3 < ratio < 2.1 for ratio in ratios) >= 7
    assert sum(one["mae_none"] < one["mae_last"] / 1.3 for one in found) >= 7


def test_a_linear_regression_comes_close() -> None:
    found = [numbers(seed=seed) for seed in SEEDS]
    assert sum(0.8 < one["mae_linear"] / one["mae_none"] < 1.25 for one in found) >= 7


@pytest.mark.parametrize("seed", SEEDS)
def test_it_learns(seed: int) -> None:
    assert run(seed=seed)[-1].numbers["loss"] < run(seed=seed)[0].numbers["loss"] / 5


def test_the_three_trainings_start_alike_and_only_the_leak_differs() -> None:
    first = run()[0].weights
    for name in [name for name in first if name.startswith("honest.")]:
        for leak in ("shuffled", "future"):
            np.testing.assert_array_equal(first[name], first[name.replace("honest", leak)])
    assert set(run()[0].parameters().values()) == {run()[0].parameters()["honest"]}
    held = run()[-1].held
    assert held["none"].tolist() == held["future"].tolist() == list(range(248, 309))
    assert len(set(held["shuffled"])) == 61
    assert held["shuffled"].min() < 100
    y = run()[-1].record.values
    assert run()[-1].scale == Scale.of(y[:248])


# -- what breaks it ----------------------------------------------------------------------------------------


def test_a_shuffled_split_looks_better_and_its_values_are_easier() -> None:
    found = [numbers(seed=seed) for seed in SEEDS]
    assert sum(one["mae_shuffled"] < 0.9 * one["mae_none"] for one in found) >= 7
    assert sum(one["mae_last_shuffled"] < 0.9 * one["mae_last"] for one in found) >= 7
    shares = [1 - one["mae_shuffled"] / one["mae_none"] for one in found]
    assert sum(0.15 < share < 0.55 for share in shares) >= 7, "the question to predict says so"
    assert page.headline(run()[-1], read(leak="shuffled"))["mae_leaky"] == numbers()["mae_shuffled"]
    assert {"shuffled_easier", "shuffled_leaks"} & set(said(leak="shuffled"))


def test_scaling_with_the_future_hardly_helps_on_sunspots() -> None:
    found = [numbers(seed=seed) for seed in SEEDS]
    assert sum(abs(one["mae_future"] / one["mae_none"] - 1) < 0.15 for one in found) >= 7
    assert page.headline(run()[-1], read(leak="future"))["mae_leaky"] == numbers()["mae_future"]
    assert any(key.startswith("future_") for key in said(leak="future"))


def test_one_value_does_not_show_a_direction() -> None:
    found = [numbers(seed=seed, window=1, steps=200) for seed in SEEDS]
    assert all(one["mae_none"] > 0.95 * one["mae_last"] for one in found)
    two = [numbers(seed=seed, window=2, steps=200) for seed in SEEDS]
    assert all(one["mae_none"] < 0.8 * one["mae_last"] for one in two)


def test_errors_feed_on_errors_in_some_seeds_more_than_in_others() -> None:
    found = [numbers(seed=seed) for seed in SEEDS]
    near, far = ([one[f"ahead_model_{h}"] for one in found] for h in (1, 33))
    assert max(near) < 1.25 * min(near)
    assert max(far) > 2 * min(far)
    assert sum(b > a for a, b in zip(near, far, strict=True)) >= 7


def test_the_sentence_is_chosen_by_what_was_measured() -> None:
    last, one = run()[-1], read(leak="shuffled")
    easy = {
        **last.numbers,
        "mae_none": 10.0,
        "mae_last": 20.0,
        "mae_shuffled": 5.0,
        "mae_last_shuffled": 10.0,
    }
    for change, key in (({}, "shuffled_easier"), ({"mae_last_shuffled": 20.0}, "shuffled_leaks"),
                        ({"mae_shuffled": 11.0}, "shuffled_no")):  # fmt: skip
        assert page.see_leak(one.leak, easy | change).key == key
    for error, key in ((10.1, "future_same"), (8.0, "future_wins"), (12.0, "future_loses")):
        assert page.see_leak("future", easy | {"mae_future": error}).key == key
    assert "loses" in said({"window": 1, "steps": 200, "seed": 101})
    assert "beats" in said({"seed": 101})
    assert "beyond" in said({"seed": 101}, start=100)
    assert "beyond" not in said({"seed": 101}, start=0)


def test_a_perfect_wave_is_forecast_and_nothing_divides_by_zero() -> None:
    exact = "\n".join(str(value) for _ in range(12) for value in (1, 3, 5, 4, 2, 0))
    last = list(page.train(Training(series=exact, window=6, period=6, steps=24)))[-1]
    assert last.numbers["mae_period"] == 0
    for leak in ("none", "shuffled", "future"):
        reading = page.read(last, View(leak=leak))
        assert all(np.isfinite(value) for value in page.headline(last, reading).values())
        for say in page.see(last, reading):
            assert Words("en", "time_series").fill(table("en", "time_series")["see"][say.key], say.values)


# -- the visitor's own series ------------------------------------------------------------------------------


def rows(count: int, *, head: str = "", times: bool = False, mark: str = ",") -> str:
    lines = [f"{1900 + t}{mark}{t % 7}" if times else str(t % 7) for t in range(count)]
    return "\n".join([head, *lines] if head else lines)


@pytest.mark.parametrize(
    ("text", "times", "names"),
    [
        (rows(80), [1, 2], ("", "")),
        (rows(80, head="spots"), [1, 2], ("", "spots")),
        (rows(80, times=True), [1900, 1901], ("", "")),
        (rows(80, head="year,spots", times=True), [1900, 1901], ("year", "spots")),
        (rows(80, head="ano;manchas", times=True, mark=";"), [1900, 1901], ("ano", "manchas")),
        (rows(80, head='"a","b"', times=True).replace("\n", "\r\n") + "\r\n\r\n", [1900, 1901], ("a", "b")),
        ("2024-01,1\n2024-02,2\n2024-03,3", ["2024-01", "2024-02"], ("", "")),
        ("2024-01-30,1\n2024-01-31,2\n2024-02-01,3", ["2024-01-30", "2024-01-31"], ("", "")),
        ("Mon,1\nTue,2\nWed,3", [1, 2], ("", "")),
        ("<b>x</b>\n1\n2", [1, 2], ("", "bx/b")),
    ],
)
def test_what_is_read(text: str, times: list[Any], names: tuple[str, str]) -> None:
    record = parse(text)
    assert record.times[:2] == times
    assert record.names == names
    assert len(record.values) == len(record.times)


def test_a_decimal_comma_needs_a_semicolon() -> None:
    assert parse("1900;1,5\n1901;2,5").values.tolist() == [1.5, 2.5]


WRONG = [
    ("1\n2\n\n4", "series_gap", 3),
    ("a\n1\nNA\n3", "series_gap", 3),
    ("1900,1\n1901,\n1902,3", "series_gap", 2),
    ("1900,1\n\n1902,3", "series_gap", 2),
    ("1\nabc\n3", "series_text", 2),
    ("1\n1_000\n3", "series_text", 2),
    ("😀🧵", "series_text", 1),
    ("#0123456789ab", "series_text", 1),
    ("1\n\u0667\n3", "series_text", 2),
    ("1\n" + "9" * 400, "series_large", 2),
    ("1\n1e13", "series_large", 2),
    ("1,2,3\n4,5,6", "series_columns", 1),
    ("1900,1\n1901,2\n3", "series_columns", 3),
    ("1900,1\n1901,2\nabc,3", "series_time", 3),
    ("1900,1\n1901,2\n1901,3", "series_order", 3),
    ("1900,1\n1901,2\n1903,3\n1904,4", "series_jump", 3),
    ("2024-01,1\n2024-02,2\n2024-04,3\n2024-05,4", "series_jump", 3),
]


@pytest.mark.parametrize(("text", "code", "row"), WRONG)
def test_a_wrong_row_is_named(text: str, code: str, row: int) -> None:
    with pytest.raises(SeriesError) as wrong:
        parse(text)
    assert (wrong.value.code, wrong.value.values["row"]) == (code, row)
    with pytest.raises(ValidationError) as refused:
        Training(series=text)
    assert refused.value.errors()[0]["type"] == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rows(60), ""),
        (rows(39), "series_short"),
        ("year\n1", "series_short"),
        (rows(MOST_ROWS), ""),
        (rows(MOST_ROWS + 1), "series_long"),
        ("7\n" * 100, "series_constant"),
        ("7\n" * 80 + "8\n" * 20, "series_constant"),
        ("   \n\n ", ""),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(text: str, code: str) -> None:
    if not code:
        assert Training(series=text).series in (text, "")
        return
    with pytest.raises(ValidationError) as refused:
        Training(series=text)
    assert [error["type"] for error in refused.value.errors()] == [code]
    assert refused.value.errors()[0]["loc"] == ("series",)


def test_how_long_is_long_enough_depends_on_window_and_period() -> None:
    for window, period in ((1, 2), (22, 11), (44, 60), (5, 60)):
        least = least_rows(window, period)
        kept = {"window": window, "period": period, "steps": 24}
        *_, last = page.train(Training(series=rows(least), **kept))
        assert len(last.held["none"]) == least // 5
        with pytest.raises(ValidationError, match=str(least)):
            Training(series=rows(least - 1), **kept)


def test_every_problem_has_its_sentence_in_both_languages() -> None:
    for language in LANGUAGES:
        words = Words(language, "time_series")
        assert set(words.page["errors"]) == set(PROBLEMS)
        for text, code, _ in WRONG:
            with pytest.raises(SeriesError) as wrong:
                parse(text)
            sentence = words.fill(words.page["errors"][code], wrong.value.values)
            assert str(wrong.value.values["row"]) in sentence
            assert "{" not in sentence


def test_the_command_line_names_the_row_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for text, code, row in WRONG:
        with pytest.raises(SystemExit) as stopped:
            main(["run", "time_series", "--set", f"series={text}"])
        out, error = capsys.readouterr()
        assert (stopped.value.code, out, error.count("\n")) == (2, "", 1), code
        assert f"row {row}" in error and len(error) < 400


def test_the_program_carries_the_visitors_series(tmp_path: Path) -> None:
    training = Training(series=WAVE, window=12, period=12, steps=24)
    *_, last = page.train(training)
    file = tmp_path / "own.py"
    file.write_text(script(page, training, View()))
    done = subprocess.run(
        [sys.executable, "-I", str(file)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = page.headline(last, page.read(last, View()))
    assert json.loads(done.stdout) == pytest.approx(expected, abs=1e-9)


def test_numbers_near_the_limit_stay_finite() -> None:
    text = "\n".join(f"{LARGEST * (0.5 + 0.4 * sin(t)):.1f}" for t in range(80))
    *_, last = page.train(Training(series=text, steps=24))
    assert all(np.isfinite(value) for value in last.numbers.values())


# -- the pictures ------------------------------------------------------------------------------------------


def test_the_forecasts_on_the_record_are_those_that_were_measured() -> None:
    reading = read(horizon=7)
    traces = forecast_chart([reading]).frames[0]
    y = reading.record.values
    by_name = {trace["name"]: trace for trace in traces if trace.get("mode") == "lines"}
    assert list(by_name["series.lstm"]["x"]) == reading.record.times[-61:]
    assert np.abs(by_name["series.lstm"]["y"] - y[-61:]).mean() == pytest.approx(numbers()["mae_none"])
    path = next(trace for trace in traces if trace["mode"] == "lines+markers")
    assert path["y"] == [y[reading.end], *reading.path]
    assert path["x"][0] == 1947 and len(path["x"]) == 8


def test_the_shuffled_split_is_drawn_where_it_is() -> None:
    reading = read(leak="shuffled")
    dots = [trace for trace in forecast_chart([reading]).frames[0] if trace["mode"] == "markers"]
    strip = next(trace for trace in dots if trace.get("yaxis") == "y2")
    assert sorted(strip["x"]) == sorted(reading.record.times[i] for i in reading.held)
    assert not forecast_chart([reading]).layout["shapes"]
    assert len(forecast_chart([read()]).layout["shapes"]) == 2


def test_beyond_the_record_time_goes_on() -> None:
    assert later([2007, 2008], 2) == [2009, 2010]
    assert later(["2024-01-30", "2024-01-31"], 1) == ["2024-02-01"]
    assert later(["2024-11", "2024-12"], 2) == ["2025-01", "2025-02"]
    assert later(["2024-01-31T22:00", "2024-01-31T23:00+00:00"], 1)[0].startswith("2024-02-01T00:00")
    reading = read(start=100, horizon=3)
    path = next(t for t in forecast_chart([reading]).frames[0] if t["mode"] == "lines+markers")
    assert path["x"] == [2008, 2009, 2010, 2011]


def test_bars_and_lines_show_the_numbers_of_the_reading() -> None:
    found = numbers()
    bars = [trace["x"][0] for trace in scores_chart([read(leak="future")]).frames[0]]
    assert bars == [found[f"mae_{name}"] for name in ("last", "period", "linear", "none", "future")]
    own = next(
        t for t in ahead_chart([read()]).frames[0] if t["name"] == "series.lstm" and t["mode"] == "lines"
    )
    assert own["y"] == [found[f"ahead_model_{h}"] for h in range(1, 34)]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_one_forecast_by_hand(cell: str) -> None:
    reading = read({"cell": cell, "steps": 24})
    picture = hand_diagram([reading])
    frame = picture.frames[0]
    assert frame["forecast"][0][0] == pytest.approx(reading.path[0], abs=1e-3)
    t = len(reading.window) - 1
    if cell == "rnn":
        made = np.tanh(frame[f"input{t}"] + frame[f"memory{t}"])
    elif cell == "gru":
        keep = frame[f"keep{t}"]
        made = (1 - keep) * frame[f"new{t}"] + keep * frame[f"before{t}"]
    else:
        made = frame[f"out{t}"] * np.tanh(frame[f"cell{t}"])
    state = np.array(frame[f"state{t}"][:8], dtype=float)
    np.testing.assert_allclose(made, state)
    used = {name for grid in picture.grids if isinstance(grid.arithmetic, Label) for name in [grid.name]}
    assert {f"state{t}", f"x{t}", "next", "forecast"} <= used


def test_errors_become_mae_and_mase() -> None:
    frame, reading = errors_diagram([read()]).frames[0], read()
    for c in range(6):
        real, says, off = (frame[f"{name}{c}"][0][0] for name in ("real", "said", "off"))
        assert off == pytest.approx(abs(real - says))
        assert (real, says) == (reading.record.values[c - 6], reading.said[c - 6])
        assert frame[f"off_last{c}"][0][0] == pytest.approx(abs(real - frame[f"before{c}"][0][0]))
    found = page.headline(run()[-1], reading)
    assert frame["mae"][0][0] == pytest.approx(found["mae_model"])
    assert frame["mae_last"][0][0] == pytest.approx(found["mae_last_value"])
    assert frame["mase"][0][0] == pytest.approx(found["mase"])
