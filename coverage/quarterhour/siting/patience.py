"""Patience: how long an answer may take, and whether somebody wants what there is by now."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import FrameType

from quarterhour.errors import Fault, InputError


class Patience:
    """A deadline that the work looks at, shared by all its parts.

    The first Ctrl-C during :meth:`listening` does not end the work: it ends the waiting, and the
    best answer so far is returned with its gap. The second one interrupts as usual.

    Parameters
    ----------
    seconds
        From now on; ``inf`` for no limit.

    Raises
    ------
    InputError
        If ``seconds`` is not above 0.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise InputError(Fault("siting.bad_time_limit", {"time_limit_s": seconds}))
        self._deadline = perf_counter() + seconds
        self._hurry = threading.Event()

    @property
    def left_s(self) -> float:
        """Seconds left, 0 or more."""
        return 0.0 if self._hurry.is_set() else max(self._deadline - perf_counter(), 0.0)

    @property
    def over(self) -> bool:
        """Whether the time is up, or somebody does not want to wait."""
        return self.left_s <= 0.0

    @property
    def hurried(self) -> bool:
        """Whether somebody asked for what there is."""
        return self._hurry.is_set()

    def hurry(self) -> None:
        """Ask for what there is."""
        self._hurry.set()

    def share(self, part: float, *, least_s: float = 0.0) -> "Patience":
        """Return a part of what is left, at least ``least_s`` where that is left; hurried alike."""
        mine = Patience.__new__(Patience)
        left = self.left_s
        mine._deadline = perf_counter() + min(max(part * left, least_s), left)
        mine._hurry = self._hurry
        return mine

    @contextmanager
    def listening(self) -> Iterator["Patience"]:
        """Take the first Ctrl-C as a wish to see what there is; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = signal.getsignal(signal.SIGINT)

        def hear(_number: int, _frame: FrameType | None) -> None:
            if self._hurry.is_set():
                raise KeyboardInterrupt
            self._hurry.set()

        signal.signal(signal.SIGINT, hear)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before)
