"""Why a model says what it says of a patch, and how sure it is: worked out when asked for."""

import streamlit as st

from eoexplore.models import Offer
from eoexplore.store.catalog import Opened


def show(opened: Opened, offer: Offer, row: int) -> None:
    """Offer what explains a prediction.

    Args:
        opened: dataset and index.
        offer: the model.
        row: of the patch.
    """
    del opened, offer, row
    st.empty()
