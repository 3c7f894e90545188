"""Evidence against labels: one module, one kind of evidence; each gives findings.

A module that has a `KIND` is found by itself; nothing else is edited for a new kind.
"""
