"""Retention on the Analyses page: its form, its result and the buttons next to its counting rule."""
