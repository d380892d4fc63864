"""An answer shown: chart, table, pivot, passport, the rows behind it, remarks, files, or why there is none."""
