"""The metric catalogue, each metric's page, and two metrics side by side. `govern.definitions` edits definitions."""
