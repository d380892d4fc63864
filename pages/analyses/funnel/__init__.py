"""The funnel on the page Analyses: its form, its result and the actions for a drop."""
