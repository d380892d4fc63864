"""What a draft of the model moves before it is published: metrics and everything that uses them, not who approves it."""
