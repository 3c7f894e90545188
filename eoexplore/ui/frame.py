"""What every page shares: the choice of the dataset, running jobs, and sentences for errors."""

import contextlib
import logging
from collections.abc import Iterator

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.store import catalog
from eoexplore.store.catalog import Entry, Opened
from eoexplore.ui import address, long_work, pages, state, warm
from eoexplore.ui.selection_bar import notices, selection_bar
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_ABSENT = "dataset_absent"
"""Session key: name of a dataset that a link asks for and nobody has opened here."""
_HEAD = "head"
"""Session key: the head of this run, until the page fills it, and the dataset chosen in it."""
log = logging.getLogger(__name__)
_STYLES = """<style>
.stMainBlockContainer { padding: 4.1rem 1rem 0.5rem; }
.stMainBlockContainer > div > .stVerticalBlock { gap: 0.5rem; }
.st-key-select, .st-key-palette, .st-key-versus, .st-key-rule, .st-key-against, .st-key-upload,
.st-key-head_unseen { display: none; }
/* The primary colour carries white text on buttons; as a text on dark it would be too faint. */
button[data-variant="pills"][aria-pressed="true"], [data-testid="stButtonGroup"] button {
  color: inherit !important;
}
[data-testid="stTab"][aria-selected="true"], [data-testid="stSliderThumbValue"] {
  color: inherit !important;
}
/* Sentences above a map shall not push it out of sight. */
[data-testid="stAlertContainer"] { padding: 0.4rem 0.8rem; min-height: 0; }
/* Streamlit's captions are fainter than 4.5 : 1. */
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.82; }
/* The conditions flow in the bar's own lines, … */
.st-key-chips, :has(> .st-key-chips) { display: contents; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4.1rem 0.5rem 0.5rem; }
  .st-key-head { gap: 0.4rem; }
  /* … and on a telephone in one line that scrolls, so that the map is still seen. */
  :has(> .st-key-chips) { display: block; order: 9; max-width: 100%; }
  .st-key-chips { display: flex; flex-wrap: nowrap; overflow-x: auto; gap: 0.4rem; }
  .st-key-chips button { min-height: 2rem; padding: 0 0.6rem; white-space: nowrap; }
  /* The tools stand beside the dataset; their words are for those who listen. */
  .st-key-head > .st-key-dataset { order: -3; flex: 1 1 100px; min-width: 0; }
  .st-key-head > :has(.stMarkdownBadge) { order: -2; }
  .st-key-head > :has(.st-key-head_right) { order: -1; }
  .st-key-head_right { gap: 0.3rem; }
  .st-key-head_right button { padding: 0 0.5rem; }
  .st-key-head_right button p { font-size: 0; }
  /* A matrix keeps the room that its names need, and scrolls within its card. */
  [data-testid="stElementContainer"]:has(.heatmaplayer > *) { overflow-x: auto; }
  [data-testid="stFullScreenFrame"]:has(.heatmaplayer > *) { min-width: 40rem; }
  /* Without a mouse, the bar of plotly is there all the time, and lies on the legend. */
  [data-testid="stPlotlyChart"] .modebar { display: none; }
  /* A sum of 64 digits breaks anywhere. */
  [data-testid="stPopoverBody"] td { overflow-wrap: anywhere; }
}
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


def head(*, shown: bool) -> None:
    """Show the choice of the dataset, and what else the address says; call before a page runs.

    Args:
        shown: whether the page shows one dataset, and has the choice of it to see.
    """
    st.session_state.pop(_HEAD, None)
    state.catch_up()
    if entries := catalog.entries():
        row = st.container(
            horizontal=True,
            vertical_alignment="center",
            gap="small",
            key="head" if shown else "head_unseen",
        )
        with row:
            st.session_state[_HEAD] = row, _dataset_picker(entries)
    # After the dataset, as addresses have them.
    address.carriers()


def current_view(*, on_map: bool = True) -> View:
    """Fill the head of a page and return what is looked at; stop where there is no dataset.

    Args:
        on_map: whether the page has the map.
    """
    if _HEAD not in st.session_state:
        long_work.first_start()
        st.stop()
    row, slug = st.session_state.pop(_HEAD)
    with row:
        opened = _open(slug)
        long_work.index_in_background(opened)
        if opened.dataset.synthetic:
            st.badge("synthetic", color="orange", help="Made-up pixels, labels and places.")
        view = selection_bar(opened, on_map=on_map)
        long_work.indicator()
    _say_absent(opened.slug)
    notices(view)
    return view


def some_off_map(view: View) -> None:
    """Say how many of the selected samples have no place on the map, if there are any."""
    if view.opened.samples.all_located:
        return
    lost = int((view.mask & ~view.opened.samples.located).sum())
    if lost:
        st.caption(f"{lost:,} of them have no place on a map; the gallery shows them too.")


def no_map() -> None:
    """Say that no sample has a place on a map, and lead to the gallery."""
    st.info(
        "These samples have no place on a map: the dataset does not say where they were taken. "
        "The gallery shows all of them, and everything that is known of each.",
        icon=":material/wrong_location:",
    )
    st.page_link(
        str(pages.FOLDER / "gallery.py"),
        label="Show in the gallery",
        icon=":material/grid_view:",
    )


def _dataset_picker(entries: tuple[Entry, ...]) -> str:
    slugs = [item.slug for item in entries]
    asked = st.session_state.get(state.DATASET) or st.query_params.get(state.DATASET)
    if asked not in slugs:
        st.session_state[state.DATASET] = slugs[0]
        st.session_state[_ABSENT] = asked
    # The first one is left out of the address by Streamlit; the map puts it in.
    # Options are written into the address as they are shown, hence names that fit there.
    return st.selectbox(
        "Dataset",
        slugs,
        key=state.DATASET,
        bind=address.bind(),
        label_visibility="collapsed",
        width=220,
        on_change=_chosen_by_hand,
    )


def _chosen_by_hand() -> None:
    st.session_state[_ABSENT] = None


def _say_absent(shown: str) -> None:
    """Say that a link asked for another dataset, until one is chosen by hand."""
    if asked := st.session_state.get(_ABSENT):
        st.warning(
            f"The dataset of this link is not here: {as_text(asked[:80])}. {as_text(shown)} is "
            "shown instead. Open the folder of the other one on Home.",
            icon=":material/link_off:",
        )


@st.cache_resource(show_spinner=False, ttl=10, max_entries=64)
def _fresh(slug: str, fingerprint: str) -> str:
    """Look at the folder again, at most every ten seconds, and return the slug."""
    catalog.refresh(slug)
    warm.remember(slug)
    return fingerprint


def _open(slug: str) -> Opened:
    with st.spinner("Opening the dataset …", show_time=True):
        _fresh(slug, catalog.entry(slug).fingerprint)
        return catalog.open_slug(slug)
