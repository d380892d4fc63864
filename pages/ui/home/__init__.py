"""Home, and Find, which opens on every page."""
