"""An answer shown: chart, table, pivot, passport, underlying rows, remarks, exports, or why there is none.

Any page that has an answer uses these. `semantic.display` builds the charts and files.
"""
