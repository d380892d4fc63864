"""Home: what you follow, notable changes, your work; and Find, which opens on every page."""
