"""Messages on their way out: as mail, to Slack, Teams and webhooks, or into the demo's mailbox.

Who gets what is decided elsewhere.
"""
