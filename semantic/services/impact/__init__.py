"""What a draft of the model moves before it is published: metrics and what uses them, not who approves the draft."""
