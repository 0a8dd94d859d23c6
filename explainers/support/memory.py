"""What storing something costs: bytes as bars."""

from collections.abc import Mapping

from explainers.support.contract import Label
from explainers.support.pictures import Chart, bytes_label, colour


def memory_chart(sizes: Mapping[str, float], series: Mapping[str, str], step: int) -> Chart:
    """Bytes on a scale of powers of ten.

    Args:
        sizes: what is stored → its bytes; ``memory.<what>`` is its label.
        series: what is stored → the series whose colour its bar has.
        step: the optimiser step of the picture.

    """
    trace = {
        "type": "bar", "orientation": "h", "name": Label("title.memory"),
        "x": list(sizes.values()), "y": [Label(f"memory.{name}") for name in sizes],
        "text": [bytes_label(size) for size in sizes.values()], "textposition": "outside",
        "cliponaxis": False, "hoverinfo": "skip",
        "marker": {"color": [colour(series[name]) for name in sizes]},
    }  # fmt: skip
    powers = {"type": "log", "range": [0, 12], "dtick": 1, "showticklabels": False}
    layout = {
        "xaxis": {**powers, "title": {"text": Label("axis.bytes")}},
        "yaxis": {"autorange": "reversed", "ticklabelstandoff": 6},
        "height": 280,
        "margin": {"r": 48},
    }
    return Chart(layout, [[trace]], [step])
