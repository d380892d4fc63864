"""Home: what one follows, what changed notably, one's work; and Find, which opens on every page."""
