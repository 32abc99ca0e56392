"""How much of the same a test does."""

import pytest


def sizes(name, quick, thorough):
    """An argument: the one in `make test`, the other in `make test-long`."""
    much = pytest.param(thorough, marks=pytest.mark.long)
    return pytest.mark.parametrize(name, [quick, much])
