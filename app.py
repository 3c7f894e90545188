"""Starts EOExplore: the Streamlit app and the tile routes on one port (`streamlit run app.py`)."""

from pathlib import Path

import streamlit as st

import eoexplore  # noqa: F401  sets GDAL up before anything imports it
from eoexplore.tiles.routes import routes

app = st.App(
    str(Path(__file__).resolve().parent / "eoexplore" / "ui" / "shell.py"), routes=routes()
)
