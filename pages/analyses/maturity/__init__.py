"""Maturity on the Analyses page: two events, how much is known over time, and each cohort's expected total."""
