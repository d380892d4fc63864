"""From grouped rows to an answer: legs united, metrics computed, totals and Other made, rows put in order.

How the rows of one leg are found and grouped is in `rows`.
"""
