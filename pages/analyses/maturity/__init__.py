"""Maturity on the page Analyses: two events, the curve of what is known over time, and each cohort's expected total."""
