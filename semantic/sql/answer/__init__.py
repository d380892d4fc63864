"""From grouped rows to an answer: combine legs, compute metrics, make totals and Other, and order rows.

How the rows of one leg are selected and grouped is in `rows`.
"""
