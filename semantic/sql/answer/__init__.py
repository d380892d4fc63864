"""Turn grouped rows into an answer: combine legs, compute metrics, add totals and Other, and order the rows.

`rows` selects and groups the rows of one leg.
"""
