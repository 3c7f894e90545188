import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def torchmetrics():
    """The functions of torchmetrics, the second independent implementation."""
    from eoexplore.models import _torchvision

    _torchvision.ready()
    from torchmetrics.functional import classification

    return classification


@pytest.fixture(scope="package")
def metadata_table(real_data):
    """The two released tables together: 549,488 rows."""
    folder = real_data / "reben" / "metadata"
    table = pd.concat([pd.read_parquet(file) for file in sorted(folder.glob("metadata*.parquet"))])
    return table.reset_index(drop=True)


def fields(table):
    """Return tile, column and row of each patch; its name ends with them: _T29SNC_07_36."""
    names = table["patch_id"].str
    tile, x, y = (names.slice(*part).to_numpy(object) for part in ((-11, -6), (-5, -3), (-2, None)))
    return tile, x.astype(np.int32), y.astype(np.int32)
