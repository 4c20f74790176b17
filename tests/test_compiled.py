"""How kernels are compiled."""

import numba
import numpy as np
import pytest

from asrkit.compiled import allocating_kernel, kernel

SIGNATURE = "int64(int64)"


def test_a_kernel_that_makes_arrays_has_to_say_so():
    """So the others are compiled without counts of references, which took two thirds of the search with hotwords."""

    def makes(size):
        return np.zeros(size, np.int64).sum()

    def makes_too(size):  # what has been compiled once is kept by its name
        return np.zeros(size, np.int64).sum()

    with pytest.raises(numba.core.errors.NumbaError):
        kernel(SIGNATURE)(makes)
    assert allocating_kernel(SIGNATURE)(makes_too)(3) == 0
