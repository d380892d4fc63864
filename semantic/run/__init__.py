"""Run SQL on an engine, with a pool of workers, a single run for identical questions, and caches of answers.

This package only gets finished SQL. Nothing here compiles questions or knows a policy, but the keys of the caches
include both. Only this package and the few named in `tests/test_layers.py` import connectors.
"""
