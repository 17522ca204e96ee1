"""The precision-recall curve as a picture."""

from collections.abc import Sequence
from pathlib import Path

from hub.commands.match.mapping import Unfit
from hub.core.identity.scoring.judging import Point

_INK, _GRID, _LINE, _MARK = "#1d2733", "#d5dbe1", "#005ea5", "#b10e1e"


def draw(file: Path, points: Sequence[Point], chosen: Point) -> None:
    """Write the curve with the chosen threshold marked; raises Unfit without the drawing library, OSError."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise Unfit("drawing needs a library: install it with `deploy/bootstrap train`") from None
    figure = Figure(figsize=(7, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    recall = [point.figures.recall for point in points]
    precision = [point.figures.precision for point in points]
    axes.plot(recall, precision, color=_LINE, linewidth=2, marker="." if len(points) < 50 else "")
    axes.plot([chosen.figures.recall], [chosen.figures.precision], "o", color=_MARK, markersize=8)
    right, found = chosen.figures.precision, chosen.figures.recall
    said = f"probability {chosen.threshold:g}: precision {right:.4f}, recall {found:.4f}"
    axes.set_title(f"What is found, and how much of it is right\n{said}", color=_INK, fontsize=11, loc="left")
    axes.set_xlabel("recall: share of the true pairs that are found", color=_INK)
    axes.set_ylabel("precision: share of the pairs found that are true", color=_INK)
    least = min([*precision, *recall[len(recall) // 2 :], 1.0])
    axes.set_xlim(max(0.0, least - 0.02), 1.005)
    axes.set_ylim(max(0.0, min(precision, default=0.0) - 0.02), 1.005)
    axes.grid(color=_GRID)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(file, format="png")
