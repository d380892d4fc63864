"""The search for unusual days: its question, and its outlier test."""
