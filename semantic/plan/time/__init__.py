"""Choose the days that a period's number counts, and note what a reader must know about other days.

How rows are moved to those days is in `measures.spine_join`. Converting between periods and dates is in
`query.periods`.
"""
