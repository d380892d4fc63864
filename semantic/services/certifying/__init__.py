"""Certification of metrics: whether it's valid now, what it requires, and who can certify."""
