"""Data checks: all of them for stewards, and those behind one metric, which the metric's page also shows."""
