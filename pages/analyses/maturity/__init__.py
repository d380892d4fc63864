"""Maturity on the page Analyses: two events, the curve of what is known, and what each cohort will reach."""
