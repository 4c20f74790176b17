"""How kernels are compiled."""

import numba
import numpy as np
import pytest

from asrkit.compiled import allocating_kernel, kernel

LOOKS = "int64(int64[::1])"


def makes(values):
    made = np.zeros(len(values), np.int64)
    return made.sum()


def test_a_kernel_that_makes_arrays_has_to_say_so():
    """So the others are compiled without counts of references, which took two thirds of the search with hotwords."""
    with pytest.raises(numba.core.errors.NumbaError):
        kernel(LOOKS)(makes)
    assert allocating_kernel(LOOKS)(makes)(np.ones(3, np.int64)) == 0
