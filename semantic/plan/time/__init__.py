"""Choose the days that a period's number counts, and note what a reader must know about other days.

How rows reach those days (`spine_join`) is in `measures`, and periods as dates are in `query.periods`.
"""
