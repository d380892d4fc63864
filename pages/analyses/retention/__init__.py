"""Retention on the page Analyses: its form, its result and the buttons beside its counting rule."""
