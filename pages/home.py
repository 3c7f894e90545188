"""Home: known datasets and their health, opening a folder, the demos, running jobs."""

import streamlit as st

from eoexplore.ui import home

PAGE = {
    "title": "Home",
    "icon": ":material/home:",
    "order": 20,
    "help": "Datasets that are known, their health, how to open one, and running jobs.",
}

st.title("Datasets", anchor=False)
home.known_datasets()
left, right = st.columns(2, gap="large")
with left:
    home.open_folder()
with right:
    home.demos()
home.jobs()
