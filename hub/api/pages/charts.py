"""Charts as places on a sheet: upright bars for months, lying ones for services and ages. The template draws them."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 720
HEIGHT = 260
LEFT = 52
TOP = 26
BOTTOM = 40
LABELS = 250
ROW = 30


class Point(NamedTuple):
    """One value with its label; None where nothing was counted. `said` is the value in words."""

    label: str
    value: float | None
    said: str


class Bar(NamedTuple):
    """One bar and the words at it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    said: str
    is_empty: bool


class Chart(NamedTuple):
    """All of it; `grid` are places with what they stand for."""

    width: int
    height: int
    base: int
    grid: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]


def upright(points: Sequence[Point], unit: str) -> Chart:
    """A bar for each point, from left to right."""
    top = _top(points, percent=unit == "percent")
    base, span = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT - 10) / max(len(points), 1)

    def bar(number: int, point: Point) -> Bar:
        height = round(span * (point.value or 0) / top, 1)
        x = round(LEFT + step * number + step * 0.15, 1)
        return Bar(x, base - height, round(step * 0.7, 1), height, point.label, point.said, point.value is None)

    marks = [top * part / 4 for part in range(5)]
    grid = tuple((round(base - span * mark / top, 1), f"{mark:g}{'%' if unit == 'percent' else ''}") for mark in marks)
    return Chart(WIDTH, HEIGHT, base, grid, tuple(bar(number, point) for number, point in enumerate(points)))


def lying(points: Sequence[Point], unit: str) -> Chart:
    """A bar for each point, from the top down."""
    top = _top(points, percent=unit == "percent")
    span = WIDTH - LABELS - 110

    def bar(number: int, point: Point) -> Bar:
        width = round(span * (point.value or 0) / top, 1)
        return Bar(LABELS, 8 + ROW * number, width, ROW - 12, point.label, point.said, point.value is None)

    height = 8 + ROW * len(points)
    return Chart(WIDTH, height, LABELS, (), tuple(bar(number, point) for number, point in enumerate(points)))


def _top(points: Sequence[Point], *, percent: bool) -> float:
    """The value at the top: a round one that none exceeds."""
    if percent:
        return 100.0
    most = max((point.value or 0 for point in points), default=0)
    for step in (4, 8, 12, 20, 40, 60, 80, 100, 200, 400, 800, 1_000, 2_000, 4_000, 8_000, 10_000, 20_000, 40_000):
        if most <= step:
            return float(step)
    return float(most)
