"""Alerts: the list of what you set and receive. `edit` sets one with a preview, `read` shows one with its history."""
