"""Siting: every model in turn, each by the script of its own, and their figures together.

``siting_classics`` (published optima), ``siting_cover`` (most people, up to a million points),
``siting_years`` (money by year) and ``siting_served`` (limited places) say what they run, against
which peers, and print their tables.
"""

import siting_classics
import siting_cover
import siting_served
import siting_years
from _common import print_figures, print_machine, read_arguments

FIGURES = (
    "sf.lscp", "sf.mclp", "sf.p_median", "sf.p_centre",
    "pmed.of", "pmed.reached", "pmed.proven", "pmed.centre_equal",
    "mclp_1e5.seconds", "mclp_1e5.vs_plain_highs", "mclp_1e4.vs_spopt",
    "mclp_1e6.seconds", "mclp_1e6.gap", "mclp_1e6.alone_gap",
    "frontier_1e5.seconds", "frontier_1e5.proven", "frontier_1e5.worst_gap",
    "phased.seconds", "phased.gap", "capacitated.seconds", "capacitated.gap",
)  # fmt: skip


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="the classic instances of up to 400 nodes only")
    print_machine()
    found: dict[str, float | None] = dict.fromkeys(FIGURES)
    parts = (siting_classics,) if quick else (
        siting_classics, siting_cover, siting_years, siting_served,
    )  # fmt: skip
    for part in parts:
        print(f"\n{part.__name__}")
        found |= {name: value for name, value in part.figures(quick).items() if name in found}
    if quick:
        print("the others are null: run siting_cover, siting_years, siting_served with --quick")
    print_figures(FIGURES, found)


if __name__ == "__main__":
    main()
