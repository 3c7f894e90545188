import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import splits
from tests.analysis.conftest import fields

SHARES = st.floats(0, 1)


def whole_tile(**shares):
    y, x = np.mgrid[:91, :91]
    return splits.rings(x.ravel(), y.ravel(), **shares).reshape(91, 91)


def test_the_released_rule_in_whole_numbers():
    y, x = np.mgrid[:91, :91]
    # As published: the last 600 m of a tile have no patch, so the rings are not symmetric.
    test = (x >= 23) & (x <= 68) & (y >= 23) & (y <= 68)
    train = (x <= 12) | (x >= 78) | (y <= 12) | (y >= 78)
    expected = np.where(train, "train", np.where(test, "test", "validation"))
    assert (whole_tile() == expected).all()
    shares = [float((expected == name).mean()) for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.4898, 0.2547, 0.2555], abs=5e-5)


def test_every_row_of_the_release(metadata_table):
    _, x, y = fields(metadata_table)
    found = splits.rings(x, y)
    assert (found == metadata_table["split"].to_numpy()).sum() == 549_488


@pytest.mark.parametrize(
    ("shares", "names"),
    [
        ({"train": 1.0, "validation": 0.0}, {"train"}),
        ({"train": 0.0, "validation": 1.0}, {"validation"}),
        ({"train": 0.0, "validation": 0.0}, {"test"}),
        ({"train": 0.5, "validation": 0.0}, {"train", "test"}),
    ],
)
def test_parts_that_are_left_out(shares, names):
    assert set(np.unique(whole_tile(**shares))) == names


@given(SHARES, SHARES)
def test_shares_are_those_of_the_area(one, other):
    train, validation = one, (1 - one) * other
    found = whole_tile(train=train, validation=validation)
    # A ring's edge may go through a row of patches on each of its sides.
    for name, share in (("train", train), ("validation", validation)):
        assert abs((found == name).mean() - share) < 8 * 91 / 91**2


@pytest.mark.parametrize(("train", "validation"), [(-0.1, 0.5), (0.5, -0.1), (0.8, 0.3)])
def test_shares_that_are_none(train, validation):
    with pytest.raises(ValueError, match="shares"):
        whole_tile(train=train, validation=validation)
