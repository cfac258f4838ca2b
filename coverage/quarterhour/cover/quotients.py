"""Quotients: a part of a whole, where the whole may be nothing."""

import numpy as np
from numpy.typing import NDArray


def over(
    part: NDArray[np.float64], whole: NDArray[np.float64], nothing: float = np.nan
) -> NDArray[np.float64]:
    """Return parts of wholes; ``nothing`` where the whole is not above 0.

    Parameters
    ----------
    part, whole
        Of shapes that go together; the answer has that of both.
    nothing
        What stands where there is no whole; ``nan`` by default.
    """
    shape = np.broadcast_shapes(part.shape, whole.shape)
    found: NDArray[np.float64] = np.divide(
        part, whole, out=np.full(shape, nothing), where=whole > 0
    )
    return found
