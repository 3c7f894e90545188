"""The script that Streamlit runs: the frame around every page."""

import streamlit as st

from eoexplore.core import settings
from eoexplore.ui import carried, frame, pages, selection_bar

st.set_page_config(
    page_title="EOExplore",
    page_icon=str(settings.assets_folder() / "icon.svg"),
    layout="wide",
)
st.logo(str(settings.assets_folder() / "logo.svg"), size="large")
frame.styles()
page = st.navigation(
    [
        st.Page(item.path, title=item.title, icon=item.icon, help=item.help, default=first)
        for item, first in zip(pages.find(), (True, *(False,) * 99), strict=False)
    ],
    position="top",
)
carried.arrive(page.title)
with frame.errors(), selection_bar.panel_last(), frame.errors():
    page.run()
