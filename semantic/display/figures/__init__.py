"""Figures from plain lists. What is drawn is decided above; here it is drawn, each in one call from plain dicts."""
