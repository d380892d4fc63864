"""Lineage as a diagram, with the same in words for screen readers."""
