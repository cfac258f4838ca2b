"""Good prices to begin with: a subgradient search (Held, Wolfe and Crowder 1974).

The bound that prices give falls along ``1 - taken / people`` of each cell: a cell that is taken
more than once must cost more, one that nobody takes less. Steps are as long as the distance to the
best choice in hand says, and shorter where that did not help.

References
----------
M. Held, P. Wolfe, H. P. Crowder, "Validation of subgradient optimization", Mathematical
Programming 6, 62-88 (1974).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.served.bounds import Cut, cut_of
from quarterhour.siting.served.model import ServedModel

_ROUNDS = 400
_KEPT_EVERY = 20
_PATIENCE = 15
_SHORTER = 0.7

Pick = Callable[[NDArray[np.float64]], NDArray[np.int64]]
"""Takes what each candidate earns, and returns the choice that earns most, roughly."""


def first_cuts(
    model: ServedModel,
    *,
    price: NDArray[np.float64],
    value: float,
    pick: Pick,
    stop: Callable[[], bool],
) -> list[Cut]:
    """Return cuts of good prices.

    Parameters
    ----------
    model
        Cells and places.
    price
        Prices to begin with, float64 (n_cells,).
    value
        What the best choice in hand serves.
    pick
        The choice that earns most among those that roughly keep to the sides.
    stop
        Whether to leave it there.
    """
    n = model.n_candidates
    use = np.ones(model.n_facilities)
    cuts = [cut_of(model, price)]
    best, best_price, length, since = np.inf, price, 1.0, 0
    for done in range(_ROUNDS):
        if stop():
            break
        earned, _ = model.earned(price)
        picked = pick(earned[:n])
        use[:n] = 0.0
        use[picked] = 1.0
        _, taken = model.earned(price, use)
        bound = float((model.people * price).sum() + earned[n:].sum() + earned[picked].sum())
        if bound < best * (1 - 1e-5):
            best, best_price, since = bound, price, 0
        else:
            since += 1
            if since > _PATIENCE:
                length, since, price = length * _SHORTER, 0, best_price
                continue
        if done % _KEPT_EVERY == _KEPT_EVERY - 1:
            cuts.append(cut_of(model, price))
        way = 1.0 - taken / model.people
        norm = float((model.people * way * way).sum())
        if norm <= 0 or bound <= value:
            break
        price = np.clip(price - length * (bound - value) / norm * way, 0.0, model.worth)
    return [*cuts, cut_of(model, best_price)]
