"""Defaults: how matplotlib is set up while a plate or a chart is drawn."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with matplotlib's defaults and ours, whatever this machine has set up."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "pdf.fonttype": 3, "pdf.compression": 4, "svg.hashsalt": "quarterhour",
                "hatch.linewidth": 0.5, "axes.unicode_minus": False, "text.usetex": False,
                "path.simplify": True,
            }
        )  # fmt: skip
        yield
