"""The group `components`: parts, and the table joined from them."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.analysis.components import DECIDABLE, TOO_SMALL, TOO_THIN, UNKNOWN
from eoexplore.store import catalog, components, components_parts
from eoexplore.store.components_parts import ComponentsPart
from tests.builders import Patch, write_metadata

WEST, EAST = Patch("33UUP", 2, 5), Patch("33UUP", 3, 5)
LATER = Patch("33UUP", 2, 5, date="20170813T101031")


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    write_metadata(tmp_path / "reben", (WEST, EAST, LATER))
    return catalog.add(tmp_path / "reben")


def flat(*boxes):
    """Return a map of 211 with boxes of other codes: (code, rows, columns)."""
    label_map = np.full((120, 120), 211, np.uint16)
    for code, rows, columns in boxes:
        label_map[rows, columns] = code
    return label_map


def write(opened, products):
    """Write parts of products, each label maps by id, and join them."""
    for name, maps in products.items():
        part = ComponentsPart(opened.dataset)
        for sample, label_map in maps.items():
            part.add(sample, label_map)
        part.write(opened.folder.part("components", name), "mark")
    own = opened.dataset, opened.samples, opened.fingerprint
    components_parts.join(opened.folder, *own, list(products))


def read(opened):
    return components.read(opened.folder, opened.fingerprint)


# A spot of 30 + 60 columns and 50 rows across both patches; a strip in the west of 8 rows that
# goes on in the east; and a spot in the east's own middle.
FIRST = {
    WEST.id: flat((311, slice(10, 60), slice(90, 120)), (512, slice(80, 88), slice(100, 120))),
    EAST.id: flat(
        (311, slice(10, 60), slice(0, 60)),
        (512, slice(80, 88), slice(0, 7)),
        (313, slice(70, 90), slice(20, 40)),
    ),
}
SECOND = {LATER.id: flat((311, slice(10, 60), slice(90, 120)))}


def lines(opened):
    """Return (id, code): (pixels here, pixels of the whole, cut, verdict), of the spots."""
    found = read(opened)
    ids = opened.samples.frame["id"].to_numpy()[found.rows]
    total = np.bincount(found.wholes, found.pixels).astype(int)
    said = found.verdicts(opened.dataset)
    return {
        (name, int(code)): (int(own), int(total[whole]), bool(found.cut[whole]), int(said[whole]))
        for name, code, own, whole in zip(ids, found.codes, found.pixels, found.wholes, strict=True)
        if code != 211
    }


def test_spots_are_joined_with_neighbours_of_the_same_product_only(opened):
    write(opened, {"first": FIRST, "second": SECOND})
    assert lines(opened) == {
        (WEST.id, 311): (1500, 4500, False, DECIDABLE),
        (EAST.id, 311): (3000, 4500, False, DECIDABLE),
        (WEST.id, 512): (160, 216, False, TOO_SMALL),
        (EAST.id, 512): (56, 216, False, TOO_SMALL),
        (EAST.id, 313): (400, 400, False, TOO_SMALL),
        # The same place on another date: its neighbour is not there.
        (LATER.id, 311): (1500, 1500, True, UNKNOWN),
    }
    found = read(opened)
    assert found.pixels.sum() == 3 * 14400
    assert len(found.cut) == len(np.unique(found.wholes)) == 3 + 1 + 2


def test_a_neighbour_without_a_map_leaves_a_spot_cut(opened):
    write(opened, {"first": {WEST.id: FIRST[WEST.id]}, "second": SECOND})
    assert lines(opened)[WEST.id, 311] == (1500, 1500, True, UNKNOWN)


def test_widths_are_those_in_the_patches(opened):
    thin = flat(*((324, slice(row, row + 7), slice(5, 115)) for row in (10, 30, 50, 70)))
    thin[10:77, 5:12] = 324
    write(opened, {"first": {WEST.id: thin}})
    found = read(opened)
    (place,) = np.flatnonzero(found.codes == 324)
    # 7 pixels; at a fork a disc of 8.75 touches the far side and both corners.
    assert 80 < found.width_m[place] <= 87.5
    assert found.pixels[place] == 4 * 7 * 110 + 3 * 13 * 7
    assert found.verdicts(opened.dataset)[found.wholes[place]] == TOO_THIN


def test_a_part_gives_back_what_it_kept(opened):
    write(opened, {"first": FIRST})
    path = opened.folder.part("components", "first")
    before = path.read_bytes()
    part = ComponentsPart(opened.dataset)
    part.recall(path)
    part.keep(WEST.id)
    part.keep("a patch that had no map")
    part.add(EAST.id, FIRST[EAST.id])
    part.write(path, "mark")
    assert path.read_bytes() == before


def test_what_is_there_belongs_to_one_sample_table(opened):
    assert read(opened) is None
    write(opened, {"first": FIRST})
    assert components_parts.is_joined(opened.folder, opened.fingerprint)
    assert not components_parts.is_joined(opened.folder, "another")
    assert components.read(opened.folder, "another") is None
    with pytest.raises(ValueError, match="read-only"):
        read(opened).pixels[0] = 1


def test_an_older_version_and_a_damaged_file_are_as_if_not_computed(opened, monkeypatch):
    write(opened, {"first": FIRST})
    components._kept.clear()
    with monkeypatch.context() as patch:
        patch.setitem(components_parts.VERSIONS, "components", 9)
        assert read(opened) is None
    good = opened.folder.components.read_bytes()
    opened.folder.components.write_bytes(good[:4] + b"\xff" * 60 + good[64:])
    assert read(opened) is None
    opened.folder.components.write_bytes(b"PAR1")
    assert read(opened) is None


def test_nothing_to_join_is_a_table_without_rows(opened):
    write(opened, {"first": {}})
    found = read(opened)
    assert len(found.rows) == len(found.cut) == 0
    assert found.verdicts(opened.dataset).tolist() == []


def test_a_map_of_which_no_unit_is_stated_has_none(opened, monkeypatch):
    dataset = opened.dataset
    assert components_parts.label_map_of(dataset) == ("reference_map", "reference_map")
    classes = replace(dataset.classes, mapping_unit_m2=None)
    monkeypatch.setattr(dataset, "classes", classes)
    assert components_parts.label_map_of(dataset) is None
    assert ComponentsPart(dataset).key is None
