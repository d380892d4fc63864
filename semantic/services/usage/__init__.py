"""Who uses what, from receipts: counts of people, never below five, and which metrics are unused or duplicated."""
