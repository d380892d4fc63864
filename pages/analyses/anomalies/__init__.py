"""Unusual days on the Analyses page: the metric, its line with those days marked, and possible reasons for each."""
