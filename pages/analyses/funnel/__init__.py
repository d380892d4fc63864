"""The funnel on the page Analyses: its form, its result and what can be asked about a drop."""
