"""An analysis of events in words and tables, for receipts, boards and other pages with an analysis."""
