"""The profile on the Analyses page: the form, the chart, and further analyses of its people."""
