"""Unusual days on the page Analyses: the metric, its marked line, and what may explain each finding."""
