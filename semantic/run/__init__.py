"""Run SQL on an engine, with a pool of workers, a single run for identical questions, and caches of answers.

This package runs text. Nothing here compiles or knows a policy, but both are part of a cache's key. Only this package
and the few named in `tests/test_layers.py` import connectors.
"""
