"""Seeded random cases: a failing one names its seed and number and can be run alone.

ASRKIT_SEED=7 ASRKIT_CASE=31 make test
"""

import functools
import inspect
import os

import numpy as np

DEFAULT_SEED = 20261123


def random_cases(count):
    """Run the decorated test `count` times, each with its own `rng` (numpy Generator)."""

    def decorate(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            seed = int(os.environ.get("ASRKIT_SEED", DEFAULT_SEED))
            one = os.environ.get("ASRKIT_CASE")
            for case in range(count) if one is None else [int(one)]:
                try:
                    test(*args, rng=np.random.default_rng([seed, case]), **kwargs)
                except BaseException as error:
                    error.add_note(f"seed {seed}, case {case}; alone: ASRKIT_SEED={seed} ASRKIT_CASE={case}")
                    raise

        signature = inspect.signature(test)
        others = [p for p in signature.parameters.values() if p.name != "rng"]
        run.__signature__ = signature.replace(parameters=others)
        return run

    return decorate
