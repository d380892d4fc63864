"""Unusual days on the Analyses page: the metric, its marked line, and what may explain each finding."""
