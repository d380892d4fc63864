"""Certification of metrics: whether it's valid now, what a metric must meet first, and who certifies."""
