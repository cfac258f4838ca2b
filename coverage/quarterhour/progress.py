"""Progress: which step begins, on the error stream, so that results can be piped on."""

import sys

import typer

from quarterhour.words import Words


class Bar:
    """A bar on a terminal, plain lines elsewhere."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._last = ""
        self._live = sys.stderr.isatty()

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
