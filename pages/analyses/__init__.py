"""Analyses of events: one page for every kind, with a form of a few choices, and the sentence, chart and counting rule
that answer it.

`kinds.py` lists the kinds, and `kind.py` defines what a kind provides to the page. `funnel` is the example to copy.
"""
