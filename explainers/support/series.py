"""A series from lines of CSV: every row is checked, and a wrong one is named with what is wrong with it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from explainers.support.contract import Array, Label
from explainers.support.reviews import data_file

MOST_ROWS = 5_000
LARGEST = 1e12
LEARN, TEST = 16, 8  # windows to learn from and values held out: with fewer, nothing is measured
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
MISSING = ("", "-", "?", "na", "n/a", "nan", "null", "none")
PROBLEMS = {
    "series_gap": "row {row} has no value",
    "series_text": "row {row}: {cell} is not a number",
    "series_time": "row {row}: {cell} is not a time like {first}",
    "series_large": "row {row}: {cell} is too large; numbers reach to a trillion",
    "series_columns": "row {row} has {columns} columns; a value, or a time and a value, are allowed",
    "series_jump": "before row {row} the time jumps from {old} to {new}: rows are missing",
    "series_order": "row {row}: the time {new} does not come after {old}",
    "series_long": "{rows} rows are too many; at most {most} are allowed",
    "series_short": "{rows} rows are too few; a window of {window} and a period of {period} need {least}",
    "series_constant": "the first {learnt} values, which are learnt from, are all {value}",
}


class SeriesError(ValueError):
    """What is wrong with a series: a key of PROBLEMS and the values that fill its sentence."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(PROBLEMS[code].format(**values))
        self.code, self.values = code, values


@dataclass(frozen=True)
class Record:
    """A series: ``values`` (n,), their times (numbers, ISO dates, or the rows' numbers), both names."""

    values: Array
    times: list[Any]
    names: tuple[str, str]  # empty where the lines name nothing


def cut_cell(cell: str) -> str:
    """A cell as it is shown in a sentence or on an axis; Plotly takes angle brackets for markup."""
    return re.sub(r"[<>\x00-\x1f\x7f]", "", cell)[:40]


def rows_of(text: str) -> list[list[str]]:
    """Lines as cells. A semicolon or a tab separates before a comma does, which is then a decimal one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    mark = next((mark for mark in (";", "\t") if mark in text), ",")
    rows = [[cell.strip().strip('"').strip() for cell in line.split(mark)] for line in lines]
    return rows if mark == "," else [[cell.replace(",", ".") for cell in row] for row in rows]


def time_of(cell: str) -> float | None:
    """A time as a number that rises with it: a number itself, or an ISO date or month; else None."""
    if NUMBER.fullmatch(cell):
        return float(cell)
    month = re.fullmatch(r"\d{4}-\d\d", cell, re.ASCII)
    try:
        found = datetime.fromisoformat(cell + "-01" if month else cell)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def value_of(cell: str, row: int) -> float:
    """A cell as a number.

    Raises:
        SeriesError: if there is none, or one too large.

    """
    if cell.lower() in MISSING:
        raise SeriesError("series_gap", row=row)
    if not NUMBER.fullmatch(cell):
        raise SeriesError("series_text", row=row, cell=cut_cell(cell))
    if abs(float(cell)) > LARGEST:
        raise SeriesError("series_large", row=row, cell=cut_cell(cell))
    return float(cell)


def times_of(cells: list[str], first_row: int) -> list[Any]:
    """The times of all rows: each after the one before, none left out; rows' numbers where none is a time.

    Raises:
        SeriesError: naming the first row that breaks this.

    """
    if time_of(cells[0]) is None:
        return list(range(1, len(cells) + 1))
    when: list[float] = []
    for i, cell in enumerate(cells):
        at = time_of(cell)
        if at is None:
            raise SeriesError("series_time", row=first_row + i, cell=cut_cell(cell), first=cut_cell(cells[0]))
        if when and at <= when[-1]:
            old, new = cut_cell(cells[i - 1]), cut_cell(cell)
            raise SeriesError("series_order", row=first_row + i, old=old, new=new)
        when.append(at)
    steps = [after - before for before, after in pairwise(when)]
    for i, step in enumerate(steps, start=1):
        # Months are not of one length, a missing one doubles the step.
        if step > 1.5 * median(steps):
            old, new = cut_cell(cells[i - 1]), cut_cell(cells[i])
            raise SeriesError("series_jump", row=first_row + i, old=old, new=new)
    return when if NUMBER.fullmatch(cells[0]) else cells


@lru_cache(maxsize=8)  # not without a bound: visitors bring their own
def parse(text: str) -> Record:
    """Lines of CSV → a series: in each row a value, or a time and a value; a first row of names may stand.

    Rows are counted as they stand in the file, from 1.

    Raises:
        SeriesError: with the first row that is wrong, and what is wrong with it.

    """
    rows = rows_of(text)
    named = len(rows) > 1 and not NUMBER.fullmatch(rows[0][-1]) and rows[0][-1].lower() not in MISSING
    head = rows[0] if named and (len(rows[0]) == 1 or time_of(rows[0][0]) is None) else []
    body, first = (rows[1:], 2) if head else (rows, 1)
    if len(body) > MOST_ROWS:
        raise SeriesError("series_long", rows=len(body), most=MOST_ROWS)
    values = []
    for number, row in enumerate(body, start=first):
        if row == [""]:
            raise SeriesError("series_gap", row=number)
        if len(row) > 2 or len(row) != len(body[0]):
            raise SeriesError("series_columns", row=number, columns=len(row))
        values.append(value_of(row[-1], number))
    names = (cut_cell(head[0]) if len(head) == 2 else "", cut_cell(head[-1]) if head else "")
    times = times_of([row[0] if len(row) == 2 else "" for row in body], first)
    return Record(np.array(values), times, names)


def held_out(n: int) -> int:
    """How many of n values are held out: a fifth, the newest."""
    return n // 5


def least_rows(window: int, period: int) -> int:
    """The fewest values from which something can be learnt and measured."""
    n = 5 * TEST
    while n - held_out(n) < max(window + LEARN, period + 1):
        n += 1
    return n


def sunspots() -> Record:
    """The yearly sunspot numbers that ship here, 1700 to 2008."""
    record = parse(data_file("sunspots.csv").read_text(encoding="utf-8"))
    return replace(record, names=(Label("axis.year"), Label("axis.sunspots")))


def series(text: str, window: int, period: int) -> Record:
    """The visitor's series, or the sunspots where there is none.

    Raises:
        SeriesError: if it cannot be read, is too short, or is constant where it is learnt from.

    """
    record = parse(text) if text.strip() else sunspots()
    n, least = len(record.values), least_rows(window, period)
    if n < least:
        raise SeriesError("series_short", rows=n, window=window, period=period, least=least)
    learnt = record.values[: n - held_out(n)]
    if learnt.min() == learnt.max():
        raise SeriesError("series_constant", learnt=len(learnt), value=float(learnt[0]))
    return record
