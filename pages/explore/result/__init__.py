"""An answer shown: chart, table, pivot, passport, the rows behind it, remarks, files, or why there is none.

Any page that has an answer uses these. What a chart or a file is made of is in `semantic.display`.
"""
