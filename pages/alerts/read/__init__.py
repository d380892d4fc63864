"""One alert: its chart, its history, and acknowledging and snoozing it."""
