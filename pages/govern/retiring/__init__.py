"""Retiring a metric: the items that use it, its successor, and the values before and after."""
