"""A plan as SQL: `lower` turns it into one tree for a dialect, `render` prints the tree.

What engines can and can't do is in `dialects.table`; their drivers are in `connectors`. Rows are lowered in `rows`, the
answer made from them in `answer`. No SQL text is put together outside this package.
"""
