"""Who uses what, from receipts: counts of people, never below five, and what is unused or twice there."""
