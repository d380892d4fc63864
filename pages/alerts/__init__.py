"""Alerts: the list of those you set and receive. `edit` sets one with a preview, `read` shows one with its history."""
