"""Turn a plan into SQL: `lower` builds one tree for a dialect, and `render` prints the tree.

What each engine supports is in `dialects.table`; its driver is in `connectors`. `rows` lowers the rows of a leg, and
`answer` the answer made from them. Only this package builds the SQL of a plan.
"""
