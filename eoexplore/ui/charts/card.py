"""One chart on a page."""

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import streamlit as st

from eoexplore.charts import _predicted
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core.errors import SelectionError
from eoexplore.core.memory import ByteCache
from eoexplore.core.selection import parse
from eoexplore.core.words import phrases
from eoexplore.ui import address, long_work, pages, state
from eoexplore.ui.charts import shown
from eoexplore.ui.text import as_text

_FEW = 4
"""Values of an option up to which all of them are seen."""
_OPTION_PX = 230
_LONG = 28
"""Letters of a value beyond which a list gets twice the room."""
_CHARTS_BYTES = 30_000_000
_CHOSEN = "chosen_options"
"""Session key: options of each chart as they were chosen last, by its name."""
_made: ByteCache[Chart] = ByteCache(_CHARTS_BYTES)


def chosen() -> dict[str, dict[str, str]]:
    """Return the options of each chart that was shown, by its name; the cards keep them new.

    A card is made anew without the page around it: who holds on to this hears of it.
    """
    found: dict[str, dict[str, str]] = st.session_state.setdefault(_CHOSEN, {})
    return found


@st.fragment
def card(kind: Kind, asked: Asked) -> None:
    """Show a chart with its options; a changed option makes this chart anew, and nothing else.

    Args:
        kind: which chart.
        asked: what it is asked.
    """
    with st.container(border=True, key=f"card_{kind.name}"):
        head = st.container()
        options = chosen()[kind.name] = _options(kind, asked)
        asked = dataclasses.replace(asked, options=options)
        try:
            with st.spinner("Counting …", show_time=True):
                found = _chart(kind, asked)
        except CannotTell as reason:
            head.subheader(kind.title, anchor=False)
            st.info(as_text(str(reason)), icon=":material/info:")
            return
        head.subheader(as_text(found.title), anchor=False)
        _show(kind, asked, found)


def _options(kind: Kind, asked: Asked) -> dict[str, str]:
    offered = kind.offered(asked)
    if not offered:
        return {}
    chosen: dict[str, str] = {}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"options_{kind.name}"):
        for option in offered:
            seen = option.counts(chosen)
            chosen[option.name] = _choice(kind, option) if seen else option.initial
    return chosen


def _choice(kind: Kind, option: Option) -> str:
    values, initial = list(option.values), option.initial
    given: dict[str, Any] = {
        "format_func": option.values.__getitem__,
        "key": f"{kind.name}.{option.name}",
        "bind": address.bind(),
    }
    if option.ordered:
        chosen = st.select_slider(option.title, values, initial, width=2 * _OPTION_PX, **given)
    elif len(values) <= _FEW:
        chosen = st.segmented_control(option.title, values, default=initial, required=True, **given)
    else:
        first = values.index(initial)
        # The list is as wide as what it hangs from.
        longest = max(map(len, option.values.values()))
        width = _OPTION_PX if longest <= _LONG else 2 * _OPTION_PX
        chosen = st.selectbox(option.title, values, first, width=width, **given)
    return str(chosen) if chosen in option.values else initial


def _chart(kind: Kind, asked: Asked) -> Chart:
    """Return a chart, from memory where it was made for the same question."""
    key = (
        kind.name,
        asked.opened.slug,
        asked.opened.version,
        tuple((part.name, part.selection.canonical()) for part in asked.parts),
        tuple(asked.options.items()),
        asked.palette,
        tuple(split.rule for split in asked.splits),
        # Sets come and go while the dataset stays: what they were tells them apart.
        tuple((one.about.name, one.about.key, one.about.created) for one in asked.predictions),
        tuple(_stamp(asked, part) for part in asked.parts),
        _predicted.stamps(asked),
    )
    found = _made.get(key)
    if found is None:
        found = kind(asked)
        if not found.job:
            _made.put(key, found, _size(found))
    return found


def _stamp(asked: Asked, part: Part) -> tuple[Hashable, ...]:
    table = asked.opened.samples.table(asked.opened.dataset.classes)
    try:
        return table.stamp(part.selection)
    except SelectionError:
        return ("none",)


def _size(found: Chart) -> int:
    figure = len(found.figure.to_json()) if found.figure is not None else 0
    return figure * 4 + int(found.table.memory_usage(deep=True).sum())


def _show(kind: Kind, asked: Asked, found: Chart) -> None:
    name = f"{asked.opened.slug}-{kind.name}".replace("_", "-")
    if found.figure is not None:
        event = shown.figure(found, kind.name, name)
        if event is not None:
            _clicked(kind, asked, event)
    shown.sentences(found)
    if found.job:
        long_work.refine(asked.opened.slug, found.title, found.job)
    shown.files(found, kind.name, name, said(asked))
    shown.below(found, kind.name)


def said(asked: Asked) -> dict[str, str]:
    """Return what a chart was asked, for the head of its CSV."""
    opened = asked.opened
    return {
        "dataset": f"{opened.dataset.title} ({opened.fingerprint})",
        **{part.name.lower(): part.selection.canonical() or "all" for part in asked.parts},
        **dict(asked.options),
        **{f"split {n}": split.made for n, split in enumerate(asked.splits, 1)},
        **{
            f"predictions {n}": f"{one.about.name}, {one.about.model} {one.about.model_hash[:16]}"
            for n, one in enumerate(asked.predictions, 1)
        },
    }


def _clicked(kind: Kind, asked: Asked, event: Mapping[str, Any]) -> None:
    """Offer the patches behind the mark that was clicked last."""
    points = event["selection"]["points"]
    texts = [point["customdata"][0] for point in points if point.get("customdata")]
    if not any(texts):
        st.caption("A click on a mark leads to its patches.")
        return
    text = str([text for text in texts if text][-1])
    selection, _ = parse(text)
    opened = asked.opened
    count = len(opened.samples.table(opened.dataset.classes).select(selection).rows())
    words = "; ".join(phrase.text for phrase in phrases(selection)) or "all"
    with st.container(horizontal=True, vertical_alignment="center", key=f"clicked_{kind.name}"):
        st.markdown(f"**{count:,} patches**: {as_text(words)}", width="content")
        if st.button("Keep only these", key=f"keep_{kind.name}", icon=":material/filter_alt:"):
            state.later(state.set_selection, text)()
            st.rerun()
        for page, label, icon in (
            ("map", "Show on the map", ":material/map:"),
            ("gallery", "Show in the gallery", ":material/grid_view:"),
        ):
            if st.button(label, key=f"{page}_{kind.name}", icon=icon):
                address.leave_for(pages.FOLDER / f"{page}.py", opened.slug, text)
