"""Run SQL on an engine: a pool of workers, one run for identical statements, and caches of answers.

This package gets finished SQL. It doesn't compile questions or know any policy, but the keys of its caches include
both. Only this package, and the few named in `tests/repository/test_layers.py`, import connectors.
"""
