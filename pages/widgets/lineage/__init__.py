"""Lineage as a diagram, and for screen readers, as a description in words."""
