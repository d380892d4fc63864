"""Send messages by email, to Slack, Teams and webhooks, or to the demo's mailbox.

Other packages decide who gets which message.
"""
