"""What everything in the store asks, no matter who owns it, to find what a change of the model affects."""
