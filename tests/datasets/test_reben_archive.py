"""The released archives: as good as the tree, and whatever can be wrong with them said."""

import io
import os
import random
import shutil
import tarfile

import numpy as np
import pytest

from eoexplore import datasets
from eoexplore.core import waiting
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.datasets import _reben_archive, _reben_contents
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.store import samples as sample_table
from tests.archives import FOLDERS, PATCHES, members_of, pack, small_tree, tar_of
from tests.builders import bands_of, lacking
from tests.datasets.test_reben_source import run

BY_ID = sorted(PATCHES, key=lambda patch: patch.id)
TAR = dict.fromkeys(FOLDERS, ".tar")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return small_tree(tmp_path_factory)


def key_of(patch, layer):
    return patch.s1_id if layer == "s1" else patch.id


def everything(dataset):
    """Return every band of every patch; none where it is missing, a word where unreadable."""
    found = {}
    for patch in PATCHES:
        for layer in FOLDERS:
            for band in bands_of(layer):
                try:
                    pixels = dataset.read(key_of(patch, layer), layer, band)
                    found[patch.id, layer, band] = pixels.dtype.name, pixels.tobytes()
                except DataMissing:
                    found[patch.id, layer, band] = None
                except FileUnreadable:
                    found[patch.id, layer, band] = "unreadable"
    return found


def problems(dataset):
    return {problem.kind: problem for problem in dataset.health().problems}


MIXTURES = [
    TAR,
    {"s2": ".tar"},
    {"s1": ".tar"},
    {"reference_map": ".tar"},
    {"s2": ".tar", "reference_map": ".tar"},
]


@pytest.mark.parametrize("packed", MIXTURES, ids="+".join)
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside-folders"])
def test_a_tar_is_as_good_as_the_tree(tree, tmp_path, packed, beside):
    root = pack(tree, tmp_path / "copy", packed)
    other = tmp_path / "same"
    shutil.copytree(tree, other)
    for layer, folder in FOLDERS.items():
        if layer not in packed:
            if beside:
                shutil.copytree(tree / folder, root / folder)
            else:
                shutil.rmtree(other / folder)
    archived, extracted = datasets.open_dataset(root), datasets.open_dataset(other)
    assert "released archives (.tar)" in archived.layout
    assert archived.samples().equals(extracted.samples())
    assert everything(archived) == everything(extracted)
    assert archived.health() == extracted.health()
    assert archived.streams == ()


def test_a_half_extracted_tar_is_read_from_both(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar"}, lambda members: members[12:])
    folder = PATCHES[0].path(tmp_path / "copy", "s2", "B02").parent
    shutil.copytree(PATCHES[0].path(tree, "s2", "B02").parent, folder)
    dataset = datasets.open_dataset(root)
    assert dataset.samples()["has_s2"].sum() == len(PATCHES)
    assert lacking(dataset) == {}
    assert {name for name in everything(dataset).values() if isinstance(name, str)} == set()


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("start", ["", "./", "released/reben/"])
def test_names_are_read_in_every_form(tree, tmp_path, kind, start):
    root = pack(tree, tmp_path / "copy", {})
    members = [(start + name, data) for name, data in members_of(tree, "s2")]
    random.Random(1).shuffle(members)
    (root / "BigEarthNet-S2.tar").write_bytes(tar_of(members, kind))
    found = everything(datasets.open_dataset(root))
    assert all(found[p.id, "s2", b] == ("uint16", p.pixels("s2", b).tobytes())
               for p in PATCHES for b in bands_of("s2"))  # fmt: skip


@pytest.mark.parametrize("layer", FOLDERS)
def test_lines_read_from_the_tar(tree, tmp_path, monkeypatch, layer):
    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy, 2", TAR))
    for band in bands_of(layer):
        source = dataset.source(key_of(PATCHES[0], layer), layer, band)
        pixels = PATCHES[0].pixels(layer, band)
        assert source.file == f"{FOLDERS[layer]}.tar"
        assert source.taken.isoformat() == "2017-06-13T10:10:31+00:00"
        assert run(source, 3, 17, monkeypatch, tmp_path / "copy, 2") == pixels[3, 17]


def test_the_headers_are_read_once_and_again_when_the_archive_is_another(
    tree, tmp_path, monkeypatch
):
    root = pack(tree, tmp_path / "copy", TAR)
    reports = []
    with waiting.told(lambda *said: reports.append(said)):
        datasets.open_dataset(root).samples()
    assert {what for _, _, what in reports} == {
        f"looking through {folder}.tar, in MB" for folder in FOLDERS.values()
    }
    before = len(reports)
    monkeypatch.setattr(_reben_contents, "Collector", None)
    with waiting.told(lambda *said: reports.append(said)):
        old = datasets.open_dataset(root)
        assert len(old.samples()) == len(PATCHES)
    assert len(reports) == before
    monkeypatch.undo()
    stamp = old.stamp()
    pack(tree, root, {"s2": ".tar"}, lambda members: members[12:])
    with pytest.raises(FileUnreadable, match="was replaced; open the dataset again"):
        old.read(PATCHES[2].id, "s2", "B02")
    fresh = datasets.open_dataset(root)
    assert fresh.stamp() != stamp
    assert fresh.samples()["has_s2"].sum() == 2
    # One list for each archive is kept, and no older one.
    assert len(list((tmp_path / "cache" / "archives").glob("*/*"))) == 3


def test_the_list_of_an_archive_is_a_mapped_file_from_the_start(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar"})
    tar = _reben_archive.Tar(root, LAYERS[0])
    for array in (tar.contents.names, tar.contents.offsets, tar.contents.sizes):
        assert isinstance(array.base, np.memmap)


def test_a_list_that_is_damaged_is_made_again(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar"})
    assert len(datasets.open_dataset(root).samples()) == len(PATCHES)
    for file in (tmp_path / "cache" / "archives").rglob("names.npy"):
        file.write_bytes(file.read_bytes()[:100])
    _reben_contents._recall.cache_clear()
    assert datasets.open_dataset(root).samples()["has_s2"].all()


def test_a_cache_that_cannot_be_written_does_no_harm(tree, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder belongs")
    root = pack(tree, tmp_path / "copy", {"s2": ".tar"})
    assert datasets.open_dataset(root).samples()["has_s2"].all()


def hostile(members):
    """Return members with everything that does not belong into an archive."""
    name, data = members[0]
    folder, product, patch, file = name.split("/")
    return [
        (f"/{name}", data),
        (f"../{name}", data),
        (f"{folder}/../{name}", data),
        ("README.txt", b"hello"),
        (f"{folder}/{product}/{patch}/{patch}_B10.tif", data),
        (f"{folder}/other_product/{patch}/{file}", data),
        (f"Other/{product}/{patch}/{file}", data),
        (f"{folder}/{product}/{patch}/S2_{file}", data),
        (f"{folder}/{product}/{patch}x/{file}", data),
        *members,
        (name, members[1][1]),
    ]


def test_members_that_do_not_belong_are_left_out_and_said(tree, tmp_path):
    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", {"s2": ".tar"}, hostile))
    assert dataset.samples()["has_s2"].tolist() == [True] * 3
    line = problems(dataset)["archive_members"]
    assert line.count == 10
    assert "3 with an absolute path or with '..' in it, 6 outside the released layout, " in (
        line.sentence
    )
    assert line.sentence.endswith("the last one counts.")
    assert line.examples[0].startswith("/BigEarthNet-S2/")
    # Of a file that stands twice the last counts, as when it is unpacked: B01 has B02's content.
    with pytest.raises(FileUnreadable, match="120 x 120 pixels where 20 x 20 belong"):
        dataset.read(BY_ID[0].id, "s2", "B01")


def test_links_devices_and_huge_members_are_left_out_and_said(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {})
    members = members_of(tree, "s2")
    names = [name for name, _ in members]
    with tarfile.open(root / "BigEarthNet-S2.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind in zip(names, (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"5"),
                              strict=False):  # fmt: skip
            about = tarfile.TarInfo(name)
            about.type, about.linkname = kind, names[5] * 2
            archive.addfile(about)
        about = tarfile.TarInfo(names[4])
        about.size = 17_000_000
        archive.addfile(about, io.BytesIO(bytes(17_000_000)))
        about.name, about.size = members[5][0], len(members[5][1])
        archive.addfile(about, io.BytesIO(members[5][1]))
    dataset = datasets.open_dataset(root)
    assert dataset.samples()["has_s2"].sum() == 1
    sentence = problems(dataset)["archive_members"].sentence
    assert (
        "2 that are links, 1 that are devices, sparse files or the like, 1 far larger" in sentence
    )
    found = [name for name, value in everything(dataset).items() if value]
    assert [band for _, _, band in found] == [names[5].rpartition("_")[2][:-4]]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.77])
def test_a_tar_cut_short_gives_what_is_there(tree, tmp_path, share):
    root = pack(tree, tmp_path / "copy", TAR)
    path = root / "BigEarthNet-S2.tar"
    os.truncate(path, int(path.stat().st_size * share))
    dataset = datasets.open_dataset(root)
    assert dataset.samples()["has_s1"].all()
    whole = everything(datasets.open_dataset(tree))
    for place, value in everything(dataset).items():
        assert value in (None, "unreadable", whole[place])
    line = problems(dataset)["archive_cut"]
    assert line.sentence.startswith("BigEarthNet-S2.tar ends too early")


def test_a_tar_of_all_lengths_never_crashes(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"reference_map": ".tar"})
    data = (root / "Reference_Maps.tar").read_bytes()
    chance = random.Random(3)
    for _ in range(15):
        damaged = bytearray(data[: chance.randrange(len(data))])
        for _ in range(chance.randrange(4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (root / "Reference_Maps.tar").write_bytes(damaged)
        dataset = datasets.open_dataset(root)
        everything(dataset)
        dataset.health()


def test_a_damaged_header_costs_one_file_and_is_said(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar"})
    path = root / "BigEarthNet-S2.tar"
    with tarfile.open(path) as archive:
        member = archive.getmembers()[14]
    data = bytearray(path.read_bytes())
    data[member.offset_data - 500 + 124] ^= 0x55
    path.write_bytes(data)
    dataset = datasets.open_dataset(root)
    assert sum(value is None for (_, layer, _), value in everything(dataset).items()
               if layer == "s2") == 1  # fmt: skip
    found = problems(dataset)
    assert found["archive_damaged"].sentence.startswith("BigEarthNet-S2.tar is damaged at 1 place;")
    assert "archive_cut" not in found
    assert found["missing_band"].count == 1


def test_a_damaged_file_is_unreadable_and_the_others_are_not(tree, tmp_path):
    def change(members):
        return [(name, data[:300] if number == 3 else data)
                for number, (name, data) in enumerate(members)]  # fmt: skip

    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", {"s2": ".tar"}, change))
    assert list(everything(dataset).values()).count("unreadable") == 1


def test_an_archive_stands_for_its_folder(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar", "s1": ".tar.zst"})
    for name in ("BigEarthNet-S2.tar", "BigEarthNet-S1.tar.zst"):
        assert len(datasets.open_dataset(root / name).samples()) == len(PATCHES)


def test_a_part_is_written_from_a_tar(tree, tmp_path):
    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", TAR))
    part = dataset.part(sample_table.with_places(dataset.samples()))
    (tmp_path / "part").mkdir()
    assert part.write("tree", tmp_path / "part", lambda *_: None) == ()
    assert everything(datasets.open_dataset(tmp_path / "part")) == everything(dataset)
