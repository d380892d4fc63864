"""An analysis of events in words and tables, for receipts, boards and other pages that show one."""
