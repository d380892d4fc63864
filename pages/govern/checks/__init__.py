"""Data checks: all of them for stewards, and the checks behind one metric, which the metric's page also shows."""
