"""Saved analyses of events with their versions.

This package only reads and writes text in the store. `services.analyzing.saved` decides whether a reader can still run
one.
"""
