"""Counts of the released tables of reBEN: all that its authors' tables say (arXiv:2407.03653)."""

import pytest

from eoexplore.charts import areas, class_counts, class_hierarchy, labels_per_patch, statistic_map
from tests.charts.conftest import asked_of

pytestmark = pytest.mark.real_data
CLASSES = """
33,626 17,308 12,824 67,661 Urban fabric
6,398 2,726 2,018 12,120 Industrial or commercial units
88,236 49,737 50,052 200,642 Arable land
15,190 8,688 5,710 29,733 Permanent crops
42,968 25,915 26,722 100,130 Pastures
51,034 26,486 22,078 103,169 Complex cultivation patterns
60,127 32,736 29,846 139,036 Land principally occupied by agriculture, with significant \
areas of natural vegetation
15,082 8,157 9,942 33,206 Agro-forestry areas
64,164 35,387 36,377 145,479 Broad-leaved forest
76,344 39,554 39,043 201,537 Coniferous forest
78,791 42,705 44,284 205,952 Mixed forest
6,984 2,687 2,211 13,691 Natural grassland and sparsely vegetated areas
6,329 3,806 3,759 14,637 Moors, heathland and sclerophyllous vegetation
64,198 36,429 40,523 165,511 Transitional woodland, shrub
738 426 152 1,351 Beaches, dunes, sands
11,344 5,056 4,519 28,148 Inland wetlands
670 610 117 1,620 Coastal wetlands
30,466 15,900 16,846 89,249 Inland waters
35,914 14,064 11,854 70,301 Marine waters
"""
COUNTRIES = """
45,891 24,972 10,649 8,176 Austria
11,314 7,837 3,217 142 Belgium
211,949 74,293 40,132 40,802 Finland
51,705 22,482 12,687 13,157 Ireland
2,200 849 487 280 Kosovo
51,538 23,170 12,128 13,067 Lithuania
3,623 1,888 1,131 441 Luxembourg
89,855 43,721 22,862 23,209 Portugal
76,525 36,967 17,906 18,512 Serbia
4,888 1,692 1,143 2,039 Switzerland
"""
SPLITS = ("train", "validation", "test")


def numbers_of(text):
    """Return the numbers of each line by the name that ends it."""
    lines = (line.split(" ", 4) for line in text.strip().splitlines())
    return {name: [int(n.replace(",", "")) for n in counts] for *counts, name in lines}


def test_classes_of_all_patches_and_of_the_recommended_ones_by_split(all_of_reben):
    everything = class_counts.CHART(asked_of(all_of_reben)).table.set_index("Class")["patches"]
    recommended = class_counts.CHART(asked_of(all_of_reben, "flag=none", by="split")).table
    by_split = recommended.set_index("Class")
    for name, (*parts, total) in numbers_of(CLASSES).items():
        assert everything[name] == total
        assert [by_split.loc[name, split] for split in SPLITS] == parts


def test_sizes_of_splits_countries_and_seasons(all_of_reben):
    def sizes(by, text=""):
        return class_counts.CHART(asked_of(all_of_reben, text, by=by)).facts["sizes"]

    assert sizes("split") == {"train": 272_544, "validation": 139_577, "test": 137_367}
    recommended = {"train": 237_871, "validation": 122_342, "test": 119_825}
    assert sizes("split", "flag=none") == recommended
    seasons = {"winter": 115_253, "spring": 177_865, "summer": 104_391, "autumn": 151_979}
    assert sizes("season") == seasons
    assert sizes("satellite") == {"S2A": 230_082, "S2B": 319_406}
    parts = [sizes("country"), *(sizes("country", f"flag=none&split={s}") for s in SPLITS)]
    expected = numbers_of(COUNTRIES)
    assert {name: [own[name] for own in parts] for name in parts[0]} == expected


def test_labels_per_patch(all_of_reben):
    facts = labels_per_patch.CHART(asked_of(all_of_reben)).facts
    numbers = (96_537, 108_020, 158_238, 118_259, 51_167, 14_232, 2_695, 318, 15, 2, 5)
    assert list(facts["patches"].values()) == [0, *numbers]
    assert round(facts["mean"], 2) == 2.95
    assert facts["distinct_sets"] == 5_452


def test_the_map_has_every_patch_once_and_areas_every_place_once(all_of_reben):
    for by in ("tile", "hexagon", "country"):
        facts = statistic_map.CHART(asked_of(all_of_reben, by=by)).facts
        assert sum(facts["areas"].values()) == 549_488
    found = areas.CHART(asked_of(all_of_reben)).facts
    assert (found["patches"], found["places"]) == (549_488, 253_957)
    assert found["sampled_km2"] == pytest.approx(549_488 * 1.44)


def test_labels_add_up_to_those_of_the_hierarchy(all_of_reben):
    facts = class_hierarchy.CHART(asked_of(all_of_reben)).facts["level 1"]
    assert sum(facts.values()) == sum(own[-1] for own in numbers_of(CLASSES).values())
    assert facts["Water bodies"] == 89_249 + 70_301
