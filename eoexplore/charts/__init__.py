"""What is worked out of a dataset as charts: one module, one chart, found by itself.

A module that has a `CHART` is shown on its page, printed by the command line and put into reports;
nothing else is edited.
"""
