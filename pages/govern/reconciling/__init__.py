"""The Reconciliation page: a platform's totals next to your numbers, and what explains the gap."""
