"""Files with a few wrong bytes: read, or refused in a sentence, and nothing else."""

import random
import warnings

import pytest
from rasterio.errors import NotGeoreferencedWarning

from eoexplore import datasets
from eoexplore.core.errors import FileUnreadable
from tests.builders import Patch, write_tree

PATCH = Patch("33UUP", 26, 57)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("reben"), (PATCH,))


def damage(data, seed):
    """Return the bytes with some changed, lost or doubled, mostly where the headers are."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        end = chance.choice([64, 512, len(changed)])
        place = chance.randrange(min(end, len(changed)))
        kind = chance.choice(["flip", "flip", "flip", "cut", "double"])
        if kind == "flip":
            changed[place] = chance.randrange(256)
        elif kind == "cut":
            del changed[place : place + chance.randint(1, 64)]
        else:
            changed[place:place] = changed[place : place + chance.randint(1, 64)]
    return bytes(changed)


@pytest.mark.parametrize(
    ("layer", "band"),
    [("s2", "B01"), ("s2", "B02"), ("s1", "VV"), ("reference_map", "reference_map")],
)
def test_wrong_bytes_never_surprise(root, layer, band):
    path = PATCH.path(root, layer, band)
    data = path.read_bytes()
    dataset = datasets.open_dataset(root)
    key = PATCH.s1_id if layer == "s1" else PATCH.id
    shape = PATCH.pixels(layer, band).shape
    said = []
    try:
        for seed in range(150):
            path.write_bytes(damage(data, seed))
            try:
                with warnings.catch_warnings():
                    # The place of a patch comes from its name.
                    warnings.simplefilter("ignore", NotGeoreferencedWarning)
                    assert dataset.read(key, layer, band).shape == shape
            except FileUnreadable as error:
                said.append(str(error))
    finally:
        path.write_bytes(data)
    assert 0 < len(said) < 150
    assert all(sentence.endswith(".") for sentence in said)
