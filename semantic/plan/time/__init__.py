"""Choose the days that a period's number counts, and note what a reader needs to know about other days.

`measures.spine_join` moves rows to those days. `query.periods` converts between periods and dates.
"""
