"""Certification of metrics: whether it is valid now, what it requires, and who can certify."""
