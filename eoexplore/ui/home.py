"""The parts of the Home page."""

import datetime as dt
from pathlib import Path

import streamlit as st

from eoexplore.core import waiting
from eoexplore.core.errors import EOExploreError
from eoexplore.core.paths import allowed_roots, check_allowed
from eoexplore.core.types import Health, Problem
from eoexplore.jobs import background
from eoexplore.store import catalog
from eoexplore.store.catalog import Entry, Opened
from eoexplore.ui import address, long_work, pages
from eoexplore.ui.text import as_text

_STATES = {
    "done": ":material/check: finished",
    "failed": ":material/error: failed",
    "cancelled": ":material/cancel: cancelled",
    "interrupted": ":material/warning: interrupted; it goes on at the next start",
}
_SHOWN_JOBS = 8


def known_datasets() -> None:
    """Show every known dataset with its size, index and health."""
    st.subheader("Datasets", anchor=False)
    entries = catalog.entries()
    if not entries:
        st.info("No dataset is known yet. Open a folder, or make the demo.")
    for item in reversed(entries):
        with st.container(border=True, key=f"dataset_{item.slug}"):
            _dataset(item)


def _dataset(item: Entry) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{item.slug}**", width="content")
        if item.synthetic:
            st.badge("synthetic", color="orange", help="Made-up pixels, labels and places.")
        st.markdown(as_text(item.title), width="stretch")
        way = st.empty()
    try:
        opened = catalog.refresh(item.slug)
    except EOExploreError as error:
        st.error(str(error), icon=":material/error:")
        st.button(
            "Forget it", key=f"forget_{item.slug}", on_click=catalog.forget, args=(item.slug,)
        )
        return
    on_map = bool(opened.samples.located.any())
    if way.button(
        "Show on the map" if on_map else "Show in the gallery",
        icon=":material/map:" if on_map else ":material/grid_view:",
        key=f"show_{item.slug}",
        type="tertiary",
    ):
        address.leave_for(_page_of(opened), item.slug)
    st.markdown(_figures(item, opened))
    st.caption(as_text(item.path))
    if not opened.state.complete:
        _unfinished(item.slug)
    _health(opened)


def _page_of(opened: Opened) -> Path:
    """Return the page that shows a dataset first: samples without a place are on no map."""
    return pages.FOLDER / ("map.py" if opened.samples.located.any() else "gallery.py")


def _figures(item: Entry, opened: Opened) -> str:
    index = opened.state
    built = "complete" if index.complete else f"{index.done} of {index.total or '?'} parts"
    return " · ".join(
        [
            f"**{item.samples:,}** patches",
            item.layout,
            f"{_size(_bytes_of(opened))} of data",
            f"index {built}, {_size(opened.folder.size())}",
        ]
    )


def _unfinished(slug: str) -> None:
    running = any(
        (job.kind, job.dataset, job.state) == ("index", slug, "running")
        for job in background.jobs()
    )
    if not running:
        st.button(
            "Go on with the index",
            key=f"index_{slug}",
            icon=":material/play_arrow:",
            on_click=long_work.start_index,
            args=(slug,),
        )


def _health(opened: Opened) -> None:
    health = _health_of(opened)
    damaged = any(problem.kind == "unreadable" for problem in health.problems)
    count = len(health.problems)
    remarks = "1 remark" if count == 1 else f"{count} remarks"
    title = f"Health: {remarks}" if count else "Health: everything is there"
    with st.expander(title, icon=":material/health_and_safety:", expanded=damaged):
        layers = {layer.name: layer.title for layer in opened.dataset.layers}
        st.table(
            {
                "Layer": list(layers.values()),
                "Patches that have it": [f"{health.layers[name]:,}" for name in layers],
            },
            hide_index=True,
        )
        for problem in health.problems:
            _problem(problem)
        st.caption(f"Looked at: {health.checked}.")


@st.cache_data(
    show_spinner="Looking at the files …",
    max_entries=16,
    hash_funcs={Opened: lambda opened: f"{opened.slug} {opened.version}"},
)
def _health_of(opened: Opened) -> Health:
    return opened.health()


@st.cache_data(
    show_spinner=False,
    max_entries=64,
    hash_funcs={Opened: lambda opened: opened.fingerprint},
)
def _bytes_of(opened: Opened) -> int:
    return opened.dataset.size()


def _problem(problem: Problem) -> None:
    show = st.error if problem.kind == "unreadable" else st.info
    show(as_text(problem.sentence))
    if problem.examples:
        st.code("\n".join(problem.examples), language=None)


def open_folder() -> None:
    """Ask for the path of a dataset's folder and open it."""
    st.subheader("Open a folder", anchor=False)
    with st.form("open_folder", border=False):
        text = st.text_input(
            "Path of the folder",
            max_chars=4096,
            placeholder=str(allowed_roots()[-2]),
            help="The folder that contains metadata.parquet, BigEarthNet-S2, BigEarthNet-S1, "
            "Reference_Maps, archives of them, or a data.mdb.",
        )
        asked = st.form_submit_button("Open", icon=":material/folder_open:")
    roots = [str(root) for root in allowed_roots()[:-1]]
    st.caption("Folders inside these may be opened (setting EOEXPLORE_ROOTS):")
    st.text("\n".join(dict.fromkeys(roots)))
    if asked and text.strip():
        _open(text)


def _open(text: str) -> None:
    try:
        with st.spinner("Reading the folder …", show_time=True):
            line = st.empty()

            def show(done: int, total: int, what: str) -> None:
                line.progress(min(1.0, done / max(1, total)), f"{what}: {done:,} of {total:,}")

            # The headers of an archive of millions of files are read once, for minutes.
            with waiting.told(show):
                opened = catalog.add(check_allowed(text))
    except EOExploreError as error:
        st.error(str(error), icon=":material/error:")
        return
    address.leave_for(_page_of(opened), opened.slug)


def demos() -> None:
    """Offer the synthetic demo and the real patches."""
    st.subheader("Demo datasets", anchor=False)
    st.button(
        "Make the synthetic demo",
        icon=":material/landscape:",
        on_click=long_work.start_demo,
        help="About 880 made-up patches in the layout of reBEN; half a minute, no network.",
    )
    st.button(
        "Get 24 real reBEN patches",
        icon=":material/download:",
        on_click=long_work.start_demo,
        args=(True,),
        help="Downloads 55 MB from the Python package index. It has no reference maps.",
    )


def jobs() -> None:
    """Show running jobs with progress, and how the last ones ended."""
    st.subheader("Jobs", anchor=False)
    running = any(job.state == "running" for job in background.jobs())
    _job_list(1.0 if running else None)


def _job_list(every: float | None) -> None:
    @st.fragment(run_every=every)
    def show() -> None:
        listed = background.jobs()[:_SHOWN_JOBS]
        if every and not any(job.state == "running" for job in listed):
            st.rerun()
        if not listed:
            st.caption("Nothing runs.")
        for job in listed:
            if job.state == "running":
                long_work.job_row(job)
            else:
                when = dt.datetime.fromtimestamp(job.started, dt.UTC)
                ended = f"{_STATES[job.state]}, {when:%d %b %Y %H:%M} UTC"
                st.markdown(f"{as_text(job.title)}  \n{ended}")
                if job.error:
                    st.caption(as_text(job.error))

    show()


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size > 1e9 else f"{size / 1e6:.1f} MB"
