"""What every way to train a model checks."""

from __future__ import annotations

from asrkit.errors import AsrkitError


def check_any(count: int, order: int, wanted: int) -> None:
    """Raise an AsrkitError if the text has no n-grams of `order`, that is, no sentence is long enough."""
    if count == 0:
        what = f"no sentence is long enough for {order}-grams, and --order is {wanted}"
        raise AsrkitError(what, cure=f"give longer sentences, or --order {order - 1}")
