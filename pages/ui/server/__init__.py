"""The server around the pages: its doors, what gets past none of them, scripts, operation, the end."""
