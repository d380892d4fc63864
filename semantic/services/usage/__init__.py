"""Usage from receipts: counts of people, never below five, and metrics that are unused or duplicated."""
