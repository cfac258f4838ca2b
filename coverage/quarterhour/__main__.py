"""``python -m quarterhour`` and the console script ``quarterhour``."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from quarterhour.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
