"""Setting and changing an alert: what it watches, when it fires, who gets it, and how often it would have fired."""
