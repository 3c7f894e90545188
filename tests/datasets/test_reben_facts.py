"""Classes and bands as they were published."""

from eoexplore.datasets._reben_facts import LAYERS, classes


def test_both_orders_of_the_classes_are_named():
    schema = classes()
    assert len(schema.names) == 19
    assert schema.orders["paper"] == schema.names
    assert schema.names[0] == "Urban fabric"
    assert schema.names[18] == "Marine waters"
    assert schema.orders["alphabetical"][0] == "Agro-forestry areas"
    assert schema.orders["alphabetical"][18] == "Urban fabric"
    assert sorted(schema.names) == list(schema.orders["alphabetical"])


def test_every_code_of_the_map_has_a_class():
    schema = classes()
    mapped = [code for item in schema.classes for code in item.codes]
    assert len(mapped) == len(set(mapped)) == 32
    assert len(schema.codes) == 45  # 44 of CORINE, and 999
    assert schema.class_of(311).name == "Broad-leaved forest"
    assert schema.class_of(241).name == "Permanent crops"
    assert schema.class_of(333).name == "Natural grassland and sparsely vegetated areas"
    unlabelled = {122, 123, 124, 131, 132, 133, 141, 142, 332, 334, 335, 423, 999}
    assert set(schema.unlabelled.codes) == unlabelled
    assert schema.class_of(0) == schema.unlabelled
    assert schema.codes[312][1] == "#00a600"


def test_layers_have_the_bands_and_pixels_of_the_release():
    layers = {layer.name: layer for layer in LAYERS}
    sizes = {band.name: band.gsd_m for band in layers["s2"].bands}
    assert sizes == {
        "B01": 60, "B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20, "B08": 10,
        "B8A": 20, "B09": 60, "B11": 20, "B12": 20,
    }  # fmt: skip
    assert [band.name for band in layers["s1"].bands] == ["VV", "VH"]
    assert layers["s1"].nodata is None
    assert layers["s2"].nodata == layers["reference_map"].nodata == 0
