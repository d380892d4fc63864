"""Everything to build a question with: metrics, breakdowns, filters, periods and more, for use on any page.

`question` holds a session's question; the parts change it. `semantic.explore.preflight` says whether a step is valid.
"""
