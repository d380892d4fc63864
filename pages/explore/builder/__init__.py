"""Everything to build a question with, for use on any page: metrics, breakdowns, filters, periods and more.

`question` holds a session's question, and the parts change it. `semantic.explore.preflight` says whether a step is
valid.
"""
