import pandas as pd
import pytest


@pytest.fixture(scope="package")
def metadata_table(real_data):
    """The two released tables together: 549,488 rows."""
    folder = real_data / "reben" / "metadata"
    table = pd.concat([pd.read_parquet(file) for file in sorted(folder.glob("metadata*.parquet"))])
    return table.reset_index(drop=True)
