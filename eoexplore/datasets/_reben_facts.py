"""Facts of reBEN: layers, bands, classes."""

from eoexplore.core.nomenclature import corine
from eoexplore.core.types import Band, Classes, LabelClass, Layer

# Class names in the order of the paper (also torchgeo's), with their CORINE level-3 codes.
# Source: the class table of the BigEarthNet pipeline (clc_metadata.json).
_PAPER_ORDER = (
    ("Urban fabric", (111, 112)),
    ("Industrial or commercial units", (121,)),
    ("Arable land", (211, 212, 213)),
    ("Permanent crops", (221, 222, 223, 241)),
    ("Pastures", (231,)),
    ("Complex cultivation patterns", (242,)),
    (
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
        (243,),
    ),
    ("Agro-forestry areas", (244,)),
    ("Broad-leaved forest", (311,)),
    ("Coniferous forest", (312,)),
    ("Mixed forest", (313,)),
    ("Natural grassland and sparsely vegetated areas", (321, 333)),
    ("Moors, heathland and sclerophyllous vegetation", (322, 323)),
    ("Transitional woodland, shrub", (324,)),
    ("Beaches, dunes, sands", (331,)),
    ("Inland wetlands", (411, 412)),
    ("Coastal wetlands", (421, 422)),
    ("Inland waters", (512, 511)),
    ("Marine waters", (523, 521, 522)),
)
# Central wavelengths in nm of Sentinel-2A (ESA, MSI spectral response functions).
_S2 = (
    ("B01", 60, "coastal aerosol", 442.7),
    ("B02", 10, "blue", 492.4),
    ("B03", 10, "green", 559.8),
    ("B04", 10, "red", 664.6),
    ("B05", 20, "red edge 1", 704.1),
    ("B06", 20, "red edge 2", 740.5),
    ("B07", 20, "red edge 3", 782.8),
    ("B08", 10, "near infrared", 832.8),
    ("B8A", 20, "narrow near infrared", 864.7),
    ("B09", 60, "water vapour", 945.1),
    ("B11", 20, "short-wave infrared 1", 1613.7),
    ("B12", 20, "short-wave infrared 2", 2202.4),
)
LAYERS = (
    Layer(
        "s2",
        "Sentinel-2",
        "optical",
        tuple(Band(name, gsd, title, nm) for name, gsd, title, nm in _S2),
        "DN",
        0,
        # No offset: the processing baseline (N9999) is older than the offset of -1000.
        reflectance=1e-4,
    ),
    Layer(
        "s1",
        "Sentinel-1",
        "sar",
        (Band("VV", 10, "VV backscatter"), Band("VH", 10, "VH backscatter")),
        "dB",
        None,
        key="s1_id",
    ),
    Layer(
        "reference_map",
        "Reference map",
        "categorical",
        (Band("reference_map", 10, "CORINE Land Cover 2018, level 3"),),
        "code",
        0,
    ),
)


def classes() -> Classes:
    """Return the 19 classes; a class has the colour of the first of its codes here."""
    codes = corine()
    listed = tuple(LabelClass(name, codes[own[0]][1], own) for name, own in _PAPER_ORDER)
    mapped = {code for item in listed for code in item.codes}
    names = tuple(item.name for item in listed)
    return Classes(
        name="BigEarthNet, 19 classes",
        classes=listed,
        codes=codes,
        unlabelled=LabelClass(
            "Unlabelled", codes[999][1], tuple(code for code in codes if code not in mapped)
        ),
        # Model outputs (ConfigILM, published weights) follow the alphabet, torchgeo the paper.
        orders={"paper": names, "alphabetical": tuple(sorted(names))},
        # Of CORINE Land Cover: 25 ha and 100 m, since 1985 (Bossard, Feranec and Otahel, CORINE
        # land cover technical guide, addendum 2000, EEA Technical report 40).
        mapping_unit_m2=250_000,
        least_width_m=100,
    )
