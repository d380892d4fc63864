"""Lineage as a diagram, with the same content in words for screen readers."""
