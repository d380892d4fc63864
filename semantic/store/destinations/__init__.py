"""Where messages are sent: destinations that administrators add, the mail server set in the app, and the demo's
mailbox.
"""
