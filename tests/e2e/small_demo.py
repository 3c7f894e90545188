"""The demo on less land, for tests that look at it rather than at how it is made."""

from dataclasses import replace

from eoexplore.demo.parameters import BLOCKS, Parameters


def small_demo(columns: int = 4) -> Parameters:
    """Return a few places in each of two zones, over all splits, four of them seen twice."""
    coast, upland, _ = BLOCKS
    return Parameters(
        blocks=(
            replace(coast, columns=(11, 10 + columns), rows=(39, 41), again=((11, 12, 39, 40),)),
            replace(upland, columns=(67, 66 + columns), rows=(43, 45), again=((67, 68, 43, 44),)),
        ),
        scatter=0.0,
        margin=20,
    )
