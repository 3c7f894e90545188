"""Starts EOExplore: the Streamlit app and the tile routes on one port (`streamlit run app.py`)."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

import eoexplore  # noqa: F401  sets GDAL up before anything imports it
from eoexplore.tiles.routes import middleware
from eoexplore.ui import warm

app = st.App(
    str(Path(__file__).resolve().parent / "eoexplore" / "ui" / "shell.py"),
    lifespan=warm.lifespan,
    # In front of Streamlit, so that the check of host names covers its pages and websocket too.
    middleware=[
        *middleware(str(st.get_option("server.baseUrlPath") or "")),
        Middleware(warm.OpenAsked),
    ],
)
