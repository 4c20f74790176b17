"""Several settings of one run: `lm_scale=0:1:0.1` and `beam=8,12` are the 22 pairs of their values.

    part   :== NAME '=' VALUES
    VALUES :== <first> ':' <last> ':' <step>  |  <value> { ',' <value> }
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import product

from asrkit.decode.setup import Setting
from asrkit.errors import AsrkitError, Status, shown
from asrkit.search.options import Options

MOST_SETTINGS = 1000
_WHOLE = ("max_active", "min_active")
_OF_HOTWORDS = {"incremental_bias": "incremental_bias", "hotword_scale": "scale"}
NAMES = (*(field.name for field in fields(Options)), *_OF_HOTWORDS)
_CURE = "write lm_scale=0:1:0.1 (from, to, step) or beam=8,12"


def is_part(text: str) -> bool:
    """Whether `text` is meant as a part of a sweep: it begins with a name that can be swept, and `=`."""
    name, equals, _ = text.partition("=")
    return bool(equals) and name.replace("-", "_") in NAMES


def settings(parts: Sequence[str], base: Setting) -> tuple[Setting, ...]:
    """Return a setting for each combination of the values, in the order of the parts; the last one varies fastest.

    Args:
        parts: such as `lm_scale=0:1:0.1`; a dash in a name is an underscore.
        base: tells what the parts do not.

    Raises:
        AsrkitError: no such name, a name twice, a value that cannot be used, too many combinations.
    """
    axes: dict[str, list[tuple[str, float]]] = {}
    for part in parts:
        name, equals, values = part.partition("=")
        name = name.replace("-", "_")
        if not equals or name not in NAMES:
            raise _refused(f"{shown(part)} names none of {', '.join(NAMES)}")
        if name in axes:
            raise _refused(f"{name} is swept twice")
        axes[name] = [(f"{value:.10g}", value) for value in _values(values, part)]
        if name in _WHOLE and any(value != int(value) for _, value in axes[name]):
            raise _refused(f"{shown(part)}: {name} is a whole number")
    if math.prod(map(len, axes.values())) > MOST_SETTINGS:
        raise _refused(f"this sweep has more than {MOST_SETTINGS:,} settings")
    return tuple(
        _setting(base, dict(zip(axes, (value for _, value in chosen), strict=True)),
                 ",".join(f"{name}={text}" for name, (text, _) in zip(axes, chosen, strict=True)))
        for chosen in product(*axes.values())
    )  # fmt: skip


def _values(text: str, part: str) -> list[float]:
    try:
        if ":" not in text:
            values = [float(value) for value in text.split(",")]
        else:
            first, last, step = (float(value) for value in text.split(":"))
            if not step > 0 or not last >= first or not (last - first) / step < MOST_SETTINGS:
                raise ValueError
            count = math.floor((last - first) / step + 1e-6) + 1
            values = [round(first + i * step, 10) for i in range(count)]
    except (ValueError, OverflowError) as error:
        raise _refused(f"the values of {shown(part)} cannot be read") from error
    if not all(map(math.isfinite, values)) or len(set(values)) < len(values):
        raise _refused(f"the values of {shown(part)} must be different numbers")
    return values


def _setting(base: Setting, chosen: dict[str, float], name: str) -> Setting:
    of_search = {
        key: int(value) if key in _WHOLE else value for key, value in chosen.items() if key not in _OF_HOTWORDS
    }
    of_hotwords = {_OF_HOTWORDS[key]: value for key, value in chosen.items() if key in _OF_HOTWORDS}
    return Setting(replace(base.search, **of_search), replace(base.hotwords, **of_hotwords), name)


def _refused(what: str) -> AsrkitError:
    return AsrkitError(what, cure=_CURE, status=Status.WRONG_USAGE)
