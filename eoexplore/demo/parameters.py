"""Every number that shapes the synthetic dataset: blocks, dates, shares, strengths.

The landscapes themselves (coasts, rivers, towns) are drawn in `coast` and `upland`, the spectra
stand in `spectra`. All of it is frozen: a change would change every figure made with the dataset,
so it needs a new `VERSION`.
"""

from dataclasses import dataclass

VERSION = 1
"""Version of the generator, written beside the seed into the dataset."""


@dataclass(frozen=True)
class Acquisition:
    """One date of a tile.

    Attributes:
        s2: Sentinel-2 product, without the tile.
        s1: Sentinel-1 product.
        season: column of the spectral recipes.
        sun: zenith angle of the sun in degrees.
        snow_line: height in metres above which snow lies, or None.
        cloud: centres of cloud fields in km of the frame: x, y, radius.
    """

    s2: str
    s1: str
    season: str
    sun: float
    snow_line: float | None = None
    cloud: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Block:
    """A contiguous block of patches of one MGRS tile.

    Attributes:
        tile: MGRS name.
        scene: which landscape lies there, "coast" or "upland".
        country: value of the metadata column.
        columns: first and last patch column.
        rows: first and last patch row.
        dates: first date (all places) and second date (some places).
        again: columns and rows of the places seen twice: first and last of both.
    """

    tile: str
    scene: str
    country: str
    columns: tuple[int, int]
    rows: tuple[int, int]
    dates: tuple[Acquisition, Acquisition]
    again: tuple[tuple[int, int, int, int], ...]


_UPLAND_DATES = (
    Acquisition(
        s2="S2A_MSIL2A_20170713T101031_N9999_R022",
        s1="S1B_IW_GRDH_1SDV_20170712T050110",
        season="upland summer",
        sun=30.0,
        cloud=((40.6, 9.2, 1.2), (18.4, 2.2, 0.8)),
    ),
    Acquisition(
        s2="S2A_MSIL2A_20180129T101251_N9999_R022",
        s1="S1A_IW_GRDH_1SDV_20180127T165045",
        season="upland winter",
        sun=68.0,
        snow_line=900.0,
    ),
)
_COAST_DATES = (
    Acquisition(
        s2="S2A_MSIL2A_20170823T112121_N9999_R037",
        s1="S1B_IW_GRDH_1SDV_20170824T063421",
        season="coast summer",
        sun=32.0,
    ),
    Acquisition(
        s2="S2B_MSIL2A_20180405T112109_N9999_R037",
        s1="S1A_IW_GRDH_1SDV_20180402T183448",
        season="coast spring",
        sun=38.0,
        cloud=((22.6, 10.2, 1.2), (2.6, 9.6, 1.0)),
    ),
)
BLOCKS = (
    Block(
        "29SNC",
        "coast",
        "Portugal",
        (7, 28),
        (36, 45),
        _COAST_DATES,
        ((7, 12, 38, 42), (21, 28, 40, 44), (15, 16, 36, 37)),
    ),
    Block(
        "33UUP",
        "upland",
        "Austria",
        (65, 87),
        (40, 49),
        _UPLAND_DATES,
        ((65, 70, 43, 49), (76, 79, 45, 49), (84, 87, 41, 42)),
    ),
    Block(
        "33UVP",
        "upland",
        "Austria",
        (3, 24),
        (40, 49),
        _UPLAND_DATES,
        ((3, 4, 41, 42), (10, 13, 45, 49), (18, 24, 44, 48)),
    ),
)
FRAMES = {"coast": ("29SNC", 7, 36), "upland": ("33UUP", 65, 40)}
"""Upper-left patch of each landscape's frame: tile, column, row."""


@dataclass(frozen=True)
class Parameters:
    """What one synthetic dataset is made of.

    Attributes:
        blocks: the blocks of patches.
        scatter: share of the places outside `again` that get a second date as well.
        margin: pixels of land drawn around each landscape, so that borders are not special.
        smallest: smallest polygon of the true reference map in hectares.
        wrong: share of the patches in which wrong labels are planted.
        kinds: shares of the planted errors: polygon recoded, border shifted, object missed.
        least_wrong: smallest share of a patch's pixels that a planted error may change.
        blur: how much of a pixel's light comes from each neighbour in its row or column.
        noise: relative noise of one pixel in one band, and its absolute part in digital numbers.
        looks: equivalent number of looks of the radar speckle.
        flag: share of snow or cloud pixels from which a patch is flagged.
    """

    blocks: tuple[Block, ...] = BLOCKS
    scatter: float = 0.03
    margin: int = 60
    smallest: float = 18.0
    wrong: float = 0.06
    kinds: tuple[float, float, float] = (0.62, 0.14, 0.24)
    least_wrong: float = 0.015
    blur: float = 0.12
    noise: tuple[float, float] = (0.02, 14.0)
    looks: float = 4.4
    flag: float = 0.03
