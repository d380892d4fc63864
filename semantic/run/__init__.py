"""Runs SQL on an engine: a pool of workers, a single run for identical questions, and caches of answers.

What runs is text: nothing here compiles or knows a policy; both are part of a cache's key. Only this package and the
few named in `tests/test_layers.py` import connectors.
"""
