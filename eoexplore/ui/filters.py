"""The filter panel: a widget for every key of the selection grammar, with live counts.

Three things hold for all of its widgets:

* Each is set to the selection at every run, and its key carries the panel's turn: a panel that is
  closed does not hear of a change elsewhere, and would bring a dropped condition back.
* A callback changes one thing in the selection as it was last set, so that of two quick clicks
  neither is lost.
* Streamlit sends the chosen options of a list by their labels, and ours hold counts that change:
  what comes back is read by the name in front of the count.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import streamlit as st

from eoexplore.analysis.facets import Facets
from eoexplore.core import outline, words
from eoexplore.core.selection import MAX_IDS, ClassRule, Comparison, Selection
from eoexplore.ui import state
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_ORDERED = {
    "split": ("train", "validation", "test"),
    "season": ("spring", "summer", "autumn", "winter"),
    "flag": ("snow", "cloud_or_shadow", "unreadable"),
}
_MODES = {"any": "Has any of", "all": "Has all of", "none": "Has none of"}
_CHOSEN = "filter_chosen"
"""Session key: dataset and selection as the panel last set them or last saw them."""
_TURN = "filter_turn"
_BEFORE_COUNT = " · "
_ALL_LISTED = 14
"""Options up to which all stand side by side; more are a list to search in."""


def panel(view: View) -> None:
    """Show the widgets; call it where they shall stand."""
    found = state.facets_of(view)
    turn = _turn(view)
    labels, place, time, patches, text = st.tabs(["Labels", "Place", "Time", "Patches", "As text"])
    with labels:
        _classes(view, found, turn)
        _share(view, found, turn)
        _number_of_labels(view, found, turn)
    with place:
        _options("Country", "country", view, found, turn)
        _options("Sentinel-2 tile", "tile", view, found, turn)
        _area(view.selection)
    with time:
        _options("Season", "season", view, found, turn)
        _options("Month", "month", view, found, turn)
        _dates(view, found, turn)
    with patches:
        _options("Split", "split", view, found, turn)
        _options("Flag", "flag", view, found, turn)
        _ids(view.selection, turn)
    with text:
        _as_text(turn)


def choose(key: str, value: object | None) -> None:
    """Set or drop one condition by a widget of the panel; call from its callback only."""
    _remember(state.set_condition(key, value))


def _remember(text: str) -> None:
    slug, _ = st.session_state.get(_CHOSEN, ("", ""))
    st.session_state[_CHOSEN] = (slug, text)


def _turn(view: View) -> int:
    """Return a number that is another one when the selection was changed outside the panel."""
    seen = (view.opened.slug, str(st.session_state.get(state.SELECT) or ""))
    if st.session_state.get(_CHOSEN) != seen:
        st.session_state[_CHOSEN] = seen
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    return int(st.session_state[_TURN])


# -- options side by side, or in a list ---------------------------------------------------------


def _options(title: str, key: str, view: View, found: Facets, turn: int) -> None:
    counts = found.options[key]
    names = _sorted(key, [name for name in counts if name])
    if key == "month":
        there = view.opened.samples.frame["date"].dt.month.unique()
        names = [name for name in names if int(name) in there]
    chosen = {str(name) for name in cast(tuple[object, ...], view.selection.get(key) or ())}
    if not names or (len(names) < 2 and key != "flag" and not chosen):
        return
    if len(names) > _ALL_LISTED:
        kept = [name for name in names if name in chosen]
        _list(title, f"filter_{key}_{turn}", names, counts, kept, _list_changed, (key, turn))
        return
    st.markdown(f"**{title}**")
    with st.container(horizontal=True, gap="small", key=f"facet_{key}"):
        for number, name in enumerate(names):
            _option(key, name, f"filter_{key}_{number}_{turn}", name in chosen, counts[name])


def _option(key: str, name: str, widget: str, chosen: bool, count: int) -> None:
    st.session_state[widget] = chosen
    shown = words.MONTHS[int(name) - 1] if key == "month" else name.replace("_", " ")
    st.checkbox(
        f"{as_text(shown)} :gray[{count:,}]",
        key=widget,
        width="content",
        disabled=not count and not chosen,
        on_change=_option_changed,
        args=(key, name, widget),
    )


def _option_changed(key: str, name: str, widget: str) -> None:
    value: object = int(name) if key == "month" else name
    chosen = set(cast(tuple[object, ...], state.latest_selection().get(key) or ()))
    chosen = chosen | {value} if st.session_state[widget] else chosen - {value}
    choose(key, tuple(sorted(chosen, key=lambda item: (str(type(item)), item))) or None)


def _list(
    title: str,
    widget: str,
    names: Sequence[str],
    counts: Mapping[str, int],
    chosen: list[str],
    changed: Callable[..., None],
    args: tuple[object, ...],
) -> None:
    st.session_state[widget] = chosen
    st.multiselect(
        title,
        names,
        key=widget,
        format_func=lambda name: _counted(name, counts),
        placeholder="Choose",
        select_all=False,
        on_change=changed,
        args=args,
    )


def _list_changed(key: str, turn: int) -> None:
    chosen = {_name(label) for label in st.session_state[f"filter_{key}_{turn}"]}
    choose(key, tuple(sorted(chosen)) or None)


def _counted(name: str, counts: Mapping[str, int]) -> str:
    return f"{name}{_BEFORE_COUNT}{counts[name]:,}" if name in counts else name


def _name(label: str) -> str:
    """Return the name in a label, whatever count stood behind it when it was clicked."""
    name, separator, count = label.rpartition(_BEFORE_COUNT)
    return name if separator and re.fullmatch(r"[\d,]+", count) else label


def _sorted(key: str, names: list[str]) -> list[str]:
    if key == "month":
        return sorted(names, key=int)
    order = _ORDERED.get(key, ())
    return sorted(names, key=lambda name: (order.index(name) if name in order else 99, name))


# -- labels -------------------------------------------------------------------------------------


def _classes(view: View, found: Facets, turn: int) -> None:
    rules = {
        r.mode: r.names for r in cast(tuple[ClassRule, ...], view.selection.get("class") or ())
    }
    names = view.opened.dataset.classes.names
    for mode, title in _MODES.items():
        chosen = [name for name in rules.get(mode, ()) if name in names]
        widget = f"filter_class_{mode}_{turn}"
        _list(title, widget, names, found.classes[mode], chosen, _classes_changed, (mode, turn))


def _classes_changed(mode: str, turn: int) -> None:
    chosen = {_name(label) for label in st.session_state[f"filter_class_{mode}_{turn}"]}
    kept = cast(tuple[ClassRule, ...], state.latest_selection().get("class") or ())
    rules = [rule for rule in kept if rule.mode != mode]
    if chosen:
        rules.append(ClassRule(mode, tuple(sorted(chosen))))
    choose("class", tuple(sorted(rules, key=lambda rule: rule.mode)) or None)


def _share(view: View, found: Facets, turn: int) -> None:
    if not found.shares:
        st.caption("Shares can be asked once the index has read the reference maps.")
        return
    asked = cast("Comparison | None", view.selection.get("share")) or Comparison("", ">=", 0.1)
    name, sign, number = (f"filter_share_{part}_{turn}" for part in ("class", "sign", "number"))
    if asked.name or sign not in st.session_state:
        st.session_state[sign] = asked.sign
        st.session_state[number] = round(asked.bound * 100, 6)
    st.session_state[name] = asked.name or None
    line = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    line.selectbox(
        "Area share of a class",
        view.opened.dataset.classes.names,
        key=name,
        format_func=lambda item: _counted(item, found.shares),
        placeholder="Any",
        on_change=_share_changed,
        args=(turn,),
        help="Share of the patch that the class covers on the reference map.",
    )
    line.selectbox(
        "Comparison",
        tuple(words.SIGNS),
        key=sign,
        format_func=words.SIGNS.__getitem__,
        label_visibility="collapsed",
        width=90,
        on_change=_share_changed,
        args=(turn,),
    )
    line.number_input(
        "Per cent",
        min_value=0.0,
        max_value=100.0,
        step=5.0,
        format="%.6g",
        key=number,
        icon=":material/percent:",
        label_visibility="collapsed",
        width=170,
        on_change=_share_changed,
        args=(turn,),
    )


def _share_changed(turn: int) -> None:
    name, sign, number = (
        st.session_state[f"filter_share_{part}_{turn}"] for part in ("class", "sign", "number")
    )
    if name is None and state.latest_selection().get("share") is None:
        return
    bound = round(float(number or 0.0) / 100, 8)
    choose("share", Comparison(_name(str(name)), str(sign), bound) if name else None)


def _number_of_labels(view: View, found: Facets, turn: int) -> None:
    most = max(1, len(found.nlabels) - 1)
    low, high = cast(tuple[int, int], view.selection.get("nlabels") or (0, most))
    widget = f"filter_nlabels_{turn}"
    st.session_state[widget] = (min(low, most), min(high, most))
    st.slider(
        "Number of labels",
        min_value=0,
        max_value=most,
        key=widget,
        on_change=_labels_changed,
        args=(widget, most),
    )
    parts = [f"{number}: {count:,}" for number, count in enumerate(found.nlabels) if count]
    if parts:
        st.caption(f"Patches by number of labels: {as_text(' | '.join(parts))}")


def _labels_changed(widget: str, most: int) -> None:
    low, high = st.session_state[widget]
    choose("nlabels", None if (low, high) == (0, most) else (low, high))


# -- time, place, patches, text -----------------------------------------------------------------


def _dates(view: View, found: Facets, turn: int) -> None:
    days = view.opened.samples.frame["date"].dropna()
    if days.empty:
        return
    least, most = days.min().date(), days.max().date()
    chosen = cast("tuple[dt.date, dt.date] | None", view.selection.get("date"))
    for part, column in enumerate(st.columns(2, gap="small")):
        widget = f"filter_date_{part}_{turn}"
        # The picker refuses days outside its range; those of a link may lie there.
        st.session_state[widget] = min(max(chosen[part], least), most) if chosen else None
        column.date_input(
            ("Acquired from", "Acquired until")[part],
            value=None,
            min_value=least,
            max_value=most,
            key=widget,
            format="YYYY-MM-DD",
            on_change=_dates_changed,
            args=(turn, least, most),
        )
    if found.dates:
        first, last = (words.day(cast(dt.date, day.astype(object))) for day in found.dates)
        st.caption(f"Under the other conditions: {first} to {last}, both included.")


def _dates_changed(turn: int, least: dt.date, most: dt.date) -> None:
    first, last = (st.session_state[f"filter_date_{part}_{turn}"] for part in (0, 1))
    if first is None and last is None:
        choose("date", None)
        return
    choose("date", tuple(sorted((first or least, last or most))))


def _area(selection: Selection) -> None:
    st.markdown("**Area of interest**")
    areas = [key for key in ("box", "poly") if selection.get(key)]
    if not areas:
        st.caption("Draw a box or a polygon with the tools of the map: it is kept here.")
    for key in areas:
        value = cast(tuple[float, ...], selection.get(key))
        kind = "Box" if key == "box" else f"Polygon of {outline.corners_of(key, value)} corners"
        with st.container(horizontal=True, vertical_alignment="center"):
            size = words.square_km(outline.area_km2(key, value))
            st.markdown(f"{kind}, {size}", width="content")
            st.button("Drop", key=f"filter_drop_{key}", on_click=choose, args=(key, None))


def _ids(selection: Selection, turn: int) -> None:
    widget = f"filter_ids_{turn}"
    st.session_state[widget] = "\n".join(cast(tuple[str, ...], selection.get("ids") or ()))
    st.text_area(
        f"Patch ids, at most {MAX_IDS}",
        key=widget,
        height=100,
        max_chars=4000,
        placeholder="One per line, or with commas between them",
        on_change=_ids_changed,
        args=(widget,),
    )


def _ids_changed(widget: str) -> None:
    ids = {part.strip("\"'") for part in re.split(r"[\s,;|]+", st.session_state[widget])} - {""}
    if len(ids) > MAX_IDS:
        state.say(
            f"{len(ids)} ids were pasted; at most {MAX_IDS} fit into a selection. "
            "Nothing was changed."
        )
        return
    choose("ids", tuple(sorted(ids)) or None)


def _as_text(turn: int) -> None:
    widget = f"filter_text_{turn}"
    st.session_state[widget] = st.session_state.get(state.SELECT) or ""
    st.text_area(
        "Selection as text",
        key=widget,
        height=100,
        max_chars=1500,
        on_change=_text_changed,
        args=(widget,),
        help="All conditions in one line, as in the page's address.",
    )
    st.caption(
        "Keys: class, share, nlabels, country, tile, box, poly, season, month, date, split, flag, "
        "ids. Example: " + as_text("class=any:Marine waters&share=Marine waters>=0.1&month=6|7")
    )


def _text_changed(widget: str) -> None:
    state.set_selection(re.sub(r"\s*\n\s*", "", st.session_state[widget]))
