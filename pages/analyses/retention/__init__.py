"""Retention on the page Analyses: its form, its result and the buttons next to its counting rule."""
