"""The Reconciliation page: a platform's totals next to our numbers, and what explains the gap."""
