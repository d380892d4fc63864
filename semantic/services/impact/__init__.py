"""What a draft affects before it is published: questions, boards, targets, alerts, deliveries and values."""
