"""Progress: which step begins, on the error stream, so that results can be piped on."""

import sys
import time

import typer

from quarterhour.words import Words

# Where lines cannot be rewritten, bounds are told this far apart.
_TOLD_S = 5.0


class Bar:
    """A bar on a terminal, plain lines elsewhere."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._last = ""
        self._live = sys.stderr.isatty()
        self._told = time.monotonic()

    def __enter__(self) -> "Bar":
        if self._live:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._bar.stop()

    def step(self, name: str, done: int, total: int) -> None:
        """Show the step that begins now."""
        text = self._words(f"cli.step_{name}")
        if self._live:
            self._bar.update(self._task, description=text, completed=done, total=total)
        elif name != self._last:
            typer.echo(text, err=True)
        self._last = name

    def bound(self, kind: str, objective: float, bound: float, unit: str) -> None:
        """Show the plan in hand, and what no plan can beat, while sites are sought."""
        from quarterhour.wording import bound_text

        text = bound_text(kind, objective, bound, unit, self._words.language)
        if self._live:
            step = self._words("cli.step_siting")
            whole = self._words("cli.step_bound", {"step": step, "text": text})
            self._bar.update(self._task, description=whole)
        elif time.monotonic() - self._told > _TOLD_S:
            typer.echo(text, err=True)
            self._told = time.monotonic()
