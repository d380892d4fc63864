"""Turn a plan into SQL: `lower` builds one tree for a dialect, and `render` prints it.

`rows` lowers the rows of a leg, and `answer` makes the answer from them. `dialects.table` lists what each engine
supports. The drivers are in `connectors`. Only this package builds the SQL of a plan.
"""
