"""Deliveries: subscribing to a board or question, a person's subscriptions, and fields that alerts use, too."""
