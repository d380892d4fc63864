"""The question builder, for use on any page: metrics, breakdowns, filters, periods and more.

`question` has a session's question, and the parts change it. `semantic.explore.preflight` checks whether a step is
valid.
"""
