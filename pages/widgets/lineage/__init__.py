"""Lineage as a diagram and, for screen readers, in words."""
