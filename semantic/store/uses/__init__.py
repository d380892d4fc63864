"""Find which items in the store use which definitions, no matter who owns them, to determine what a change affects."""
