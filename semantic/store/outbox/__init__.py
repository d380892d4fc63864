"""What Samepage sends: deliveries with their recipients, and one row for each message to one recipient.

`services.outbox` decides who can have what, and `transport` hands messages over.
"""
