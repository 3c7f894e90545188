"""A dataset for the kinds of evidence that look at masks."""

import pytest

from tests.halving import opened_halves


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """Two halves, and masks that disagree with the map in known places; nobody writes to it."""
    with opened_halves(tmp_path_factory.mktemp("halves")) as found:
        yield found
