"""Plan how to answer a question: aggregate each measure at its own grain, then combine the results.

`build` makes a plan from `legs`, each of which aggregates one fact. `restrict` applies a policy, and `rewrites` make
the plan cheaper. `time`, `joins` and `measures` decide about parts of a plan, and `tree` defines its nodes. Nothing
here writes SQL.
"""
