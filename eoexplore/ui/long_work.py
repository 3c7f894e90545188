"""Jobs as the pages show them: the first start, the index in the background, one indicator."""

import streamlit as st

from eoexplore.core import settings
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import background
from eoexplore.jobs.progress import Job
from eoexplore.store.catalog import Opened
from eoexplore.ui.text import as_text

_LOOK_EVERY_S = 1.0


def start_demo(real: bool = False) -> None:
    """Write the synthetic demo, or get the real patches, in the background."""
    if real:
        background.start("demo", "Getting 24 real patches", ["demo", "--real"], "real")
    else:
        background.start("demo", "Making the demo dataset", ["demo"], "synthetic")


def first_start() -> None:
    """Make the demo when no dataset is known, and show how far it is."""
    if settings.value("EOEXPLORE_DEMO") != "1":
        st.info("No dataset is known yet. Open a folder on Home.", icon=":material/folder_open:")
        return
    job = latest("demo", "synthetic")
    if job is None or job.state == "interrupted":
        start_demo()
    st.subheader("Making a synthetic dataset to look at")
    st.caption(
        "It takes about half a minute, once. It has the layout of reBEN and made-up pixels. "
        "Your own data can be opened on Home."
    )
    _follow("demo", "synthetic")


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow(kind: str, dataset: str) -> None:
    job = latest(kind, dataset)
    if job is None or job.state == "done":
        st.rerun()
    elif job.state == "running":
        st.progress(job.share or 0.0, text=progress_text(job))
    else:
        st.error(f"{job.title} did not finish: {job.error or job.state}.")
        if st.button("Try again", icon=":material/refresh:"):
            start_demo()


def index_in_background(opened: Opened) -> None:
    """Start or resume the index of a dataset, unless it is whole or was stopped by someone."""
    if opened.state.complete:
        return
    job = latest("index", opened.slug)
    if job is not None and job.state in ("running", "cancelled", "failed"):
        return
    try:
        start_index(opened.slug)
    except EOExploreError as error:
        st.warning(str(error), icon=":material/warning:")


def start_index(slug: str) -> None:
    """Build or resume an index in the background."""
    background.start("index", f"Indexing {slug}", ["index", slug], slug)


def refine(slug: str, title: str, args: tuple[str, ...]) -> None:
    """Have a job make a first estimate better, and say so; the page is refreshed when it ends.

    Args:
        slug: of the dataset.
        title: of what is estimated.
        args: arguments of the command line.
    """
    # One at a time; whoever comes later is served when the page is refreshed.
    job = latest("estimate", slug)
    running = job is not None and job.state == "running"
    key = f"estimated {' '.join(args)}"
    if running:
        st.caption("This is a first estimate; a job in the background makes it better.")
    elif st.session_state.get(key) and job is not None and job.state != "done":
        st.caption(f"This is a first estimate; the job that makes it better was {job.state}.")
    else:
        st.session_state[key] = True
        try:
            background.start("estimate", f"{title}: {slug}", list(args), slug)
        except EOExploreError as error:
            st.caption(str(error))
            return
        # The indicator of this run was made before there was a job to show.
        st.rerun()


def indicator() -> None:
    """Show what runs, in one place; a job that ends refreshes the page once."""
    running = [job.id for job in background.jobs() if job.state == "running"]
    _indicator(tuple(running), run_every=_LOOK_EVERY_S if running else None)


def _indicator(running: tuple[str, ...], run_every: float | None) -> None:
    @st.fragment(run_every=run_every)
    def show() -> None:
        jobs = [job for job in background.jobs() if job.state == "running"]
        if {job.id for job in jobs} != set(running):
            st.rerun()
        if jobs:
            noun = "job" if len(jobs) == 1 else "jobs"
            with st.popover(f"{len(jobs)} {noun}", icon=":material/progress_activity:"):
                for job in jobs:
                    job_row(job)

    show()


def job_row(job: Job) -> None:
    """Show one running job with its progress and a way to stop it."""
    st.progress(job.share or 0.0, text=progress_text(job))
    st.button(
        "Cancel",
        key=f"cancel_{job.id}",
        help="Finished parts are kept",
        on_click=background.cancel,
        args=(job.id,),
    )


def watch(kind: str, dataset: str, interrupted: str) -> None:
    """Show how far a job is, with a way to stop it, or why the last one did not end well.

    Args:
        kind: of the job.
        dataset: that it is about.
        interrupted: what to say where the job does not say why.
    """
    job = latest(kind, dataset)
    if job is None:
        return
    if job.state == "running":
        _watch(kind, dataset)
    elif job.state in ("failed", "interrupted"):
        st.error(as_text(job.error or interrupted))


@st.fragment(run_every=_LOOK_EVERY_S)
def _watch(kind: str, dataset: str) -> None:
    job = latest(kind, dataset)
    if job is None or job.state != "running":
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.share or 0.0, text=progress_text(job))
        st.button("Cancel", key=f"{kind}_cancel", on_click=background.cancel, args=(job.id,))


def progress_text(job: Job) -> str:
    """Return what a job is at, how far, how fast, and how long still."""
    parts = [job.title]
    if job.total:
        parts.append(f"{job.done:,} of {job.total:,}")
    if job.what:
        parts.append(job.what)
    if job.rate:
        parts.append(f"{job.rate:,.0f} a second" if job.rate >= 10 else f"{job.rate:.1f} a second")
    if job.seconds_left is not None:
        parts.append(f"about {_duration(job.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def latest(kind: str, dataset: str) -> Job | None:
    """Return the newest job of a kind for a dataset; none where there was none."""
    return next((j for j in background.jobs() if (j.kind, j.dataset) == (kind, dataset)), None)
