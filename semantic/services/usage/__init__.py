"""Usage, computed from receipts: numbers of people, never below five, and unused or duplicated metrics."""
