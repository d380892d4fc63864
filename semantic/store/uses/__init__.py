"""The uses of definitions by everything in the store, whoever owns it, to find what a change of the model affects."""
