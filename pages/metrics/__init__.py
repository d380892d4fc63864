"""The metric catalogue, each metric's page, and two side by side. Editing definitions is in `govern.definitions`."""
