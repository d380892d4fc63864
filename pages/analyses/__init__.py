"""Analyses of events: one page for every kind, from a few choices to the sentence, the chart and the counting rule.

`kinds.py` lists the kinds, and `kind.py` defines what a kind provides to the page. `funnel` is the example to copy.
"""
