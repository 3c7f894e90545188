"""A small synthetic dataset, written once for all tests of the generator."""

import dataclasses
from pathlib import Path

import pytest

from eoexplore.demo import Summary, generate
from eoexplore.demo.parameters import BLOCKS, Parameters


@pytest.fixture(scope="session")
def small() -> Parameters:
    """One tile, 4 × 3 places across a split border, two of them seen twice, many errors."""
    block = dataclasses.replace(
        BLOCKS[0], columns=(11, 14), rows=(38, 40), again=((11, 12, 39, 39),)
    )
    return Parameters(blocks=(block,), scatter=0.0, wrong=0.5)


@pytest.fixture(scope="session")
def dataset(small: Parameters, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """The small dataset, made in this process."""
    out: Path = tmp_path_factory.mktemp("demo") / "small"
    return generate(out, seed=5, workers=1, parameters=small)
