"""What a draft of the model moves before it is published: metrics, and everything that uses them. Not who approves it."""
