"""What every page shares: the choice of the dataset, running jobs, and sentences for errors."""

import contextlib
import logging
from collections.abc import Iterator

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.store import catalog
from eoexplore.store.catalog import Entry, Opened
from eoexplore.ui import long_work, state
from eoexplore.ui.selection_bar import notices, selection_bar
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

log = logging.getLogger(__name__)
_STYLES = """<style>
.stMainBlockContainer { padding: 4.1rem 1rem 0.5rem; }
.stMainBlockContainer > div > .stVerticalBlock { gap: 0.5rem; }
.st-key-select, .st-key-palette { display: none; }
/* The primary colour carries white text on buttons; as a text on dark it would be too faint. */
button[data-variant="pills"][aria-pressed="true"] { color: inherit !important; }
@media (max-width: 640px) { .stMainBlockContainer { padding: 4.1rem 0.5rem 0.5rem; } }
</style>"""


def styles() -> None:
    """Give the page's content the room that Streamlit leaves empty."""
    st.html(_STYLES)


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Show what goes wrong as a sentence; the trace of a fault of ours goes to the log."""
    try:
        yield
    except EOExploreError as error:
        st.error(as_text(str(error)), icon=":material/error:")
    except Exception:
        log.exception("A page failed.")
        st.error(
            "This page met a fault in EOExplore. The other pages keep working; "
            "the terminal that runs the app has the details.",
            icon=":material/error:",
        )


def current_view() -> View:
    """Show the head of a page and return what is looked at; stop where there is no dataset."""
    entries = catalog.entries()
    if not entries:
        long_work.first_start()
        st.stop()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="head"):
        opened = _open(_dataset_picker(entries))
        long_work.index_in_background(opened)
        if opened.dataset.synthetic:
            st.badge("synthetic", color="orange", help="Made-up pixels, labels and places.")
        view = selection_bar(opened)
        long_work.indicator()
    notices(view)
    return view


def _dataset_picker(entries: tuple[Entry, ...]) -> str:
    slugs = [item.slug for item in entries]
    asked = st.session_state.get(state.DATASET) or st.query_params.get(state.DATASET)
    if asked not in slugs:
        st.session_state[state.DATASET] = slugs[0]
    # The first one is left out of the address by Streamlit; the map puts it in.
    # Options are written into the address as they are shown, hence names that fit there.
    chosen = st.selectbox(
        "Dataset",
        slugs,
        key=state.DATASET,
        bind="query-params",
        label_visibility="collapsed",
        width=240,
    )
    if asked and asked not in slugs:
        st.toast(f"The dataset of this link is not here: {as_text(asked[:80])}")
    return chosen


@st.cache_resource(show_spinner=False, ttl=10)
def _fresh(slug: str, fingerprint: str) -> str:
    """Look at the folder again, at most every ten seconds, and return the slug."""
    catalog.refresh(slug)
    return fingerprint


def _open(slug: str) -> Opened:
    with st.spinner("Opening the dataset …", show_time=True):
        _fresh(slug, catalog.entry(slug).fingerprint)
        return catalog.open_slug(slug)
