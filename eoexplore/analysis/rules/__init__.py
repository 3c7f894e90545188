"""Physical rules that a class keeps wherever it is: one module, one rule.

A module that has a `RULE` is found by itself; nothing else is edited for a new rule.
"""
