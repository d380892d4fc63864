"""The question builder, which any page can use: metrics, breakdowns, filters, periods and more.

`question` has the question of a session, and the other files change it. `semantic.explore.preflight` checks whether a
change is valid.
"""
