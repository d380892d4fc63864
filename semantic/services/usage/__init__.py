"""Usage from receipts: numbers of people, never below five, and metrics that are unused or duplicated."""
