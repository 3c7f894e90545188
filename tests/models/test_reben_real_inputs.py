import numpy as np
import pytest
import rasterio
import scipy.special

from eoexplore import models
from eoexplore.jobs import inputs
from eoexplore.store import catalog
from tests import zoo

PATCHES = 4


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["all-v0.2.0", "all-v0.1.1"])
def test_real_patches_reach_the_network_as_its_training_saw_them(real_data, tmp_path, name):
    """From the dataset's files to scores, against rasterio, repeated pixels and plain timm."""
    import torch

    made = zoo.network("test_resnet")
    folder = zoo.save(tmp_path / f"test_resnet-{name}", made, "test_resnet")
    loaded = models.open_folder(folder).load("cpu")
    opened = catalog.add(real_data / "reben_mini")
    taken = inputs.read(opened, range(PATCHES), loaded.card)
    assert len(taken.rows) == PATCHES
    rows = opened.dataset.samples().set_index("id").loc[opened.samples.frame["id"]]
    patches = []
    for patch, s1 in rows["s1_id"].iloc[taken.rows].items():
        planes = []
        for band in zoo.BANDS[name].split():
            start = s1 if band in {"VV", "VH"} else patch
            (file,) = (real_data / "reben_mini").rglob(f"{start}_{band}.tif")
            with rasterio.open(file) as source:
                pixels = source.read(1)
            times = 120 // len(pixels)
            planes.append(pixels.repeat(times, axis=0).repeat(times, axis=1))
        patches.append(dict(zip(zoo.BANDS[name].split(), planes, strict=True)))
    values = {band: np.stack([patch[band] for patch in patches]) for band in patches[0]}
    with torch.no_grad():
        logits = made(torch.from_numpy(zoo.normalised(values, zoo.BANDS[name]))).numpy()
    found = loaded.predict(taken.batch)
    assert np.abs(found - scipy.special.expit(logits.astype(np.float64))).max() < 1e-5
    assert found.std(axis=0).max() > 0.05
