"""An answer on screen: chart, table, pivot, passport, underlying rows, remarks, exports, or why there is none.

Any page with an answer uses this package. `semantic.display` builds the charts and files.
"""
