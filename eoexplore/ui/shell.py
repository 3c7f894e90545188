"""The script that Streamlit runs: the frame around every page."""

import streamlit as st

from eoexplore.core import settings
from eoexplore.ui import address, frame, pages, selection_bar

st.set_page_config(
    page_title="EOExplore",
    page_icon=str(settings.assets_folder() / "icon.svg"),
    layout="wide",
)
st.logo(str(settings.assets_folder() / "logo.svg"), size="large")
frame.styles()
known = pages.find()
scripts = [
    st.Page(item.path, title=item.title, icon=item.icon, help=item.help, default=item is known[0])
    for item in known
]
page = st.navigation(scripts, position="top")
address.arrive(page.title)
with frame.errors(), selection_bar.panel_last(), frame.errors():
    frame.head(shown=known[scripts.index(page)].of_dataset)
    page.run()
    address.leave()
