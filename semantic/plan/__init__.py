"""How a question is answered: each measure is aggregated at its own grain in a leg of its fact, then the legs are
combined.

This folder has the plan as a whole. `build` makes a plan from its `legs`, `restrict` applies a policy to it, and
`rewrites` makes it cheaper. Its parts are in `time`, `joins` and `measures`, and its nodes in `tree`. No SQL is written
here.
"""
