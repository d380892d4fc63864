"""Runs compiled SQL on an engine: one flight per key, and a cache of answers."""
