"""A settings class → controls: which values they offer, and what stands in for one that is not allowed."""

from typing import Literal

import pytest
from pydantic import Field

from explainers.support.contract import Settings
from ui.controls import among, limit, log_series


class Some(Settings):
    count: int = Field(4, ge=2, le=8, multiple_of=2)
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("low", "high", "whole", "values"),
    [
        (100, 20_800, True, [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 20_800]),
        (1, 10, True, [1, 2, 5, 10]),
        (3, 7, True, [3, 5, 7]),
        (0.001, 0.1, False, [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]),
        (0.003, 10, False, [0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]),
    ],
)
def test_a_logarithmic_control_has_round_values_and_both_bounds(
    low: float, high: float, whole: bool, values: list[float]
) -> None:
    series = log_series(low, high, whole)
    assert series == values
    assert {type(value) for value in series} == {int if whole else float}


def test_bounds_are_read_from_the_declaration() -> None:
    field = Some.model_fields["count"]
    assert [limit(field, name) for name in ("ge", "le", "multiple_of", "max_length")] == [2, 8, 2, None]
    assert limit(Some.model_fields["kind"], "ge") is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("20", 20.0),
        ("20.0", 20.0),
        ("0.5", 0.5),
        ("5", 5.0),
        ("2e1", 0.1),
        ("020", 0.1),
        ("", 0.1),
        (None, 0.1),
    ],
)
def test_a_number_in_the_address_may_be_written_as_a_person_does(raw: str | None, value: float) -> None:
    assert among([0.1, 0.5, 5.0, 20.0], 0.1)(raw) == value
