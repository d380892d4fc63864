"""Retire a metric: find the items that use it, choose its successor, and replace it in saved questions and tiles."""
