"""``python -m quarterhour`` and the console script ``quarterhour``."""

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    # A run makes many small objects and little garbage: looking for it less often is worth a
    # tenth of the time. Only here, where the process is ours.
    gc.set_threshold(100_000, 50, 100)
    from quarterhour.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
