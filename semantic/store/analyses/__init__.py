"""Saved analyses of events with their versions.

This package only reads and writes texts in the store. `services.analyzing.saved` decides whether a reader can run an
analysis.
"""
