"""The uses of definitions by everything in the store, no matter who owns it, to find what a change affects."""
