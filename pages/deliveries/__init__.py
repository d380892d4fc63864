"""Deliveries on screen: subscribing to a board or question, a person's subscriptions, and fields that alerts share."""
