"""Analyses of events: one page for every kind, from a few picks to the sentence, the chart and how it was counted.

`kinds.py` names the kinds, and `kind.py` has what a kind gives to the page. `funnel` is the pattern to copy.
"""
