"""The one model server of this process, and what was asked of it lately."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.core.memory import ByteCache
from eoexplore.jobs import inputs
from eoexplore.jobs.inputs import Inputs
from eoexplore.models import Offer, engine
from eoexplore.models.engine import Engine, Figures
from eoexplore.store.catalog import Opened

_ANSWERS_BYTES = 60_000_000
"""Probabilities of 19 classes in 120 × 120 pixels take a megabyte."""
Probabilities = npt.NDArray[np.float32]
_versions: dict[str, str] = {}
"""Version of each model that the server has been asked for, by name."""
_answers: ByteCache[Probabilities] = ByteCache(_ANSWERS_BYTES)


@st.cache_resource(show_spinner="Starting the model server …")
def server() -> Engine:
    """Return the model server; the first call imports torch and takes seconds."""
    return engine.shared()


def ready(offer: Offer) -> Engine:
    """Return the model server, which has let go of a model that is another one by now."""
    found = server()
    if _versions.get(offer.name, offer.version) != offer.version:
        found.forget(offer.name)
    _versions[offer.name] = offer.version
    return found


def sha256(offer: Offer) -> str:
    """Return the SHA-256 of the weights that answer, which no card needs to tell."""
    return ready(offer).load(offer.name).card.sha256


def figures() -> Figures | None:
    """Return what the model server does; none while it has not been needed."""
    found = engine.running()
    return found.figures() if found is not None else None


def predict(
    opened: Opened, offer: Offer, rows: list[int]
) -> tuple[dict[int, Probabilities], Inputs]:
    """Return probabilities by row, and what the model was given; what was asked before is kept.

    Args:
        opened: dataset and index.
        offer: the model.
        rows: of the sample table.

    Raises:
        ModelError, Busy: the model gave no answer.
    """
    asked = inputs.read(opened, rows, offer.card)
    keys = {row: (offer.name, offer.version, opened.version, row) for row in rows}
    found = {row: _answers.get(keys[row]) for row in asked.rows.tolist()}
    missing = np.array([found[row] is None for row in asked.rows.tolist()], bool)
    if missing.any():
        values = np.asarray(ready(offer).predict(offer.name, asked.batch[missing]), np.float32)
        for row, own in zip(asked.rows[missing].tolist(), values, strict=True):
            _answers.put(keys[row], own, own.nbytes)
            found[row] = own
    return {row: own for row, own in found.items() if own is not None}, asked
