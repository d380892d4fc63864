"""Certification of metrics: whether it's valid now, its requirements, and who certifies."""
