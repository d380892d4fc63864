"""What a draft of the model moves, before it is published."""
