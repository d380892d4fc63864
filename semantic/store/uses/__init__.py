"""What everything in the store asks, whoever owns it, to find what a change of the model affects."""
