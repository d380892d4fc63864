"""Runs SQL on an engine: a pool of workers, one flight for each key, and caches of answers.

What runs is text: nothing here compiles or knows a policy; both are part of a cache's key. Connectors are imported only
here and by the few packages that `tests/test_layers.py` names.
"""
