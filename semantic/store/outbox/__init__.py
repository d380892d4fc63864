"""Messages to send: deliveries with their recipients, and one row per message to one recipient.

`services.outbox` decides who gets which message, and `transport` sends them.
"""
