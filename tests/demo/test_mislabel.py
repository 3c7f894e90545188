import numpy as np

from eoexplore.demo.mislabel import CONFUSED, Place, plant
from eoexplore.demo.nomenclature import CLASSES
from eoexplore.demo.parameters import Parameters
from eoexplore.demo.polygons import generalise, polygons

PLACES = [Place(row, column, 1) for row in range(0, 600, 120) for column in range(0, 600, 120)]


def land():
    code = np.full((600, 600), 211, np.uint16)
    for number, (row, column) in enumerate([(30, 40), (160, 300), (400, 100), (300, 480)]):
        code[row : row + 60, column : column + 70] = (112, 311, 512, 231)[number]
    return code


def test_errors_change_a_share_of_the_patches_and_name_their_kind():
    truth = land()
    wrong, kinds = plant(truth, PLACES, Parameters(wrong=0.1), 3)
    changed = [bool(np.any(truth[place.box] != wrong[place.box])) for place in PLACES]
    assert changed == [kind != "" for kind in kinds]
    assert 1 <= sum(changed) <= 0.1 * len(PLACES) + 3


def test_changes_in_a_patch_are_large_enough_to_be_found():
    truth = land()
    parameters = Parameters(wrong=0.5)
    wrong, kinds = plant(truth, PLACES, parameters, 4)
    for place, kind in zip(PLACES, kinds, strict=True):
        share = np.mean(truth[place.box] != wrong[place.box])
        assert (share >= parameters.least_wrong) == (kind != "")


def test_same_seed_plants_the_same_errors():
    first, second = (plant(land(), PLACES, Parameters(wrong=0.3), 8) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_confusions_lead_to_another_class():
    of = {code: name for name, codes in CLASSES.items() for code in codes}
    assert all(
        any(of.get(other) != of[code] for other in others) for code, others in CONFUSED.items()
    )


def test_small_areas_and_slivers_go_to_their_neighbour():
    code = np.full((200, 200), 211, np.uint16)
    code[:, 100:] = 311
    code[20:30, 20:30] = 512
    code[101, 10:90] = 112
    clean = generalise(code, 18)
    assert set(np.unique(clean)) == {211, 311}
    assert np.all(clean[:, :99] == 211)


def test_polygons_are_connected_areas():
    code = np.full((100, 100), 211, np.uint16)
    code[10:30, 10:30] = code[60:80, 60:80] = 311
    found = [(polygon.code, polygon.area) for polygon in polygons(code)]
    assert found == [(211, 9200), (311, 400), (311, 400)]
