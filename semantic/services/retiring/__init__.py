"""Retiring a metric: the items that use it, its successor, and replacing it in saved questions and tiles."""
