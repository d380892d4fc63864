"""The page Reconciliation: a platform's totals beside our numbers, and what explains the gap."""
