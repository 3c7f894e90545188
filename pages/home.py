"""Home: known datasets and their health, opening a folder, the demos, running jobs."""

import streamlit as st

from eoexplore.ui import home

PAGE = {
    "title": "Home",
    "icon": ":material/home:",
    "order": 21,
    "help": "Datasets that are known, their health, how to open one, and running jobs.",
    "of_dataset": False,
}

datasets, actions = st.columns([2, 1], gap="large")
# Opening a large dataset takes seconds, and must not keep the forms away.
with actions:
    home.open_folder()
    home.demos()
    home.jobs()
with datasets:
    home.known_datasets()
