"""Which days the number of a period counts, and what else about other days a reader must know.

How rows reach those days (`spine_join`) is in `measures`, and periods as dates are in `query.periods`.
"""
