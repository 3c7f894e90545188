"""What a tab leaves behind: its session holds texts and numbers, never a table."""

import gc
import types

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.store import catalog
from eoexplore.store.samples import Samples
from eoexplore.ui import pages
from eoexplore.ui.state import SELECT, View
from tests import builders
from tests.visits import SHELL

LARGE = (Samples, View, catalog.Opened, pd.DataFrame, np.ndarray)


def reached(start):
    """Return the large things that can be reached from an object, callbacks included."""
    seen, waiting, found = set(), [start], []
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, (type, types.ModuleType)):
            continue
        seen.add(id(item))
        if isinstance(item, LARGE):
            found.append(type(item).__name__)
        elif isinstance(item, types.FunctionType):
            # Not its globals: those are the module's, whoever keeps the function.
            waiting += [item.__closure__, item.__defaults__, item.__kwdefaults__]
        else:
            waiting += gc.get_referents(item)
    return found


@pytest.fixture
def known(own_folders, started):
    folder = own_folders / "reben-table"
    builders.write_metadata(folder, builders.block("33UUP", 13.1, 48.2))
    return catalog.add(folder)


@pytest.mark.parametrize("title", [page.title for page in pages.find()])
def test_a_session_holds_no_table(known, visit, title):
    test = visit(title, dataset=known.slug, select="season=summer&box=-10,30,20,60")
    kept = test.session_state._state
    assert reached(vars(kept)) == []
    # The look reaches callbacks: what a button would keep is found.
    kept["held"] = lambda: known
    assert "Opened" in reached(vars(kept))


def test_what_is_known_of_widgets_does_not_grow_with_each_change(known):
    test = AppTest.from_file(str(SHELL), default_timeout=60)
    test.query_params["dataset"] = known.slug
    counts = []
    for number in range(10):
        test.session_state[SELECT] = f"month={number + 1}"
        test.run()
        # Streamlit forgets what a widget held that is gone, but not that it was there.
        counts.append(len(test.session_state._state._state._new_widget_state.widget_metadata))
    assert counts[1] > counts[0] + 5
    # The text of a selection has a widget of its own for each text.
    assert counts[-1] - counts[5] == 4
