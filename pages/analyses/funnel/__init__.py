"""The funnel on the Analyses page: its form, its result and the actions for a drop."""
