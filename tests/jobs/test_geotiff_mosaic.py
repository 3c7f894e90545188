"""Real patches side by side, as one GeoTIFF, seen by the demo's own segmenter."""

import re

import numpy as np
import pytest
import rasterio

from eoexplore import models
from eoexplore.analysis.windows import Windows, blend
from tests.analysis.test_windows import largest_jumps

SIDE = 120


def pixels(patch, radar, band):
    """Return a band of a patch on the grid of 10 m, as its file has it."""
    layer, _, name = band.partition("/")
    folder = patch if layer == "s2" else radar
    with rasterio.open(folder / f"{folder.name}_{name}.tif") as file:
        found = file.read(1).astype(np.float32)
    times = SIDE // len(found)
    return found.repeat(times, 0).repeat(times, 1)


def patches(root, bands):
    """Yield patches with their radar image, shape (band, row, column)."""
    for file in sorted((root / "BigEarthNet-S2").rglob("*_B02.tif")):
        tile, x, y = re.search(r"_T(\w{5})_(\d+)_(\d+)$", file.parent.name).groups()
        ending = f"*_{tile}_{int(x)}_{int(y)}_VV.tif"
        radar = next((root / "BigEarthNet-S1").rglob(ending), None)
        if radar is not None:
            yield np.stack([pixels(file.parent, radar.parent, band) for band in bands])


@pytest.mark.real_data
def test_the_demo_model_leaves_no_seam_on_a_real_mosaic(real_data):
    import torch

    model = models.load("demo-landcover")
    found = patches(real_data / "reben_mini", model.card.bands)
    four = [next(found) for _ in range(4)]
    # Cut so that no window begins where a patch does: a change of the ground is no seam.
    halves = [np.concatenate(four[:2], 2), np.concatenate(four[2:], 2)]
    image = np.concatenate(halves, 1)[:, 7:, 13:]

    def jumps(overlap):
        windows = Windows(*image.shape[1:], SIDE, overlap)
        said = (
            (top, left, model.predict(image[None, :, top : top + SIDE, left : left + SIDE])[0])
            for top, left in windows.places()
        )
        return largest_jumps(np.concatenate([rows for _, rows in blend(windows, said)], 1), windows)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        at_sides, inside = jumps(SIDE // 2)
        assert at_sides <= inside
        at_sides, inside = jumps(0)
        assert at_sides > inside
    finally:
        torch.set_num_threads(threads)
