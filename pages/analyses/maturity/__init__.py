"""Maturity on the Analyses page: two events, the curve of what is known over time, and each cohort's expected total."""
