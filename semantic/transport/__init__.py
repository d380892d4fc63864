"""Sending messages: as mail, to Slack, Teams and webhooks, or into the demo's mailbox.

Other packages decide who gets which message.
"""
