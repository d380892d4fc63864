"""Certification of metrics: what one is worth now, what a metric must meet before it gets one, and who gives it."""
