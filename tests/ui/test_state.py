"""Changes of the selection that cross each other on their way between browser and server."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.ui import state

BOTH = "country=Portugal&split=validation"


def page():
    """Two buttons, each of which drops a condition, and the text that the browser sends along."""
    import streamlit as st

    from eoexplore.ui import state

    state.catch_up()
    st.text_input("Selection", key=state.SELECT)
    state.current_selection()
    for key in ("country", "split"):
        st.button(key, key=key, on_click=state.later(state.set_condition, key, None))


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(state, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


@pytest.fixture
def test(clock):
    found = AppTest.from_function(page)
    found.session_state[state.SELECT] = BOTH
    found.run()
    found.button(key="split").click().run()
    assert found.text_input(key=state.SELECT).value == "country=Portugal"
    return found


@pytest.mark.parametrize("seconds", [0.1, 10])
def test_a_click_that_brings_an_older_selection_changes_the_latest_one(test, clock, seconds):
    clock.seconds += seconds
    test.text_input(key=state.SELECT).set_value(BOTH)
    test.button(key="country").click().run()
    assert test.text_input(key=state.SELECT).value == ""


def test_going_back_in_the_history_is_no_echo(test, clock):
    clock.seconds += 10
    test.text_input(key=state.SELECT).set_value(BOTH).run()
    assert test.text_input(key=state.SELECT).value == BOTH
    test.button(key="country").click().run()
    assert test.text_input(key=state.SELECT).value == "split=validation"


def test_what_comes_without_a_click_at_once_is_an_echo(test):
    test.text_input(key=state.SELECT).set_value(BOTH).run()
    assert test.text_input(key=state.SELECT).value == "country=Portugal"
