"""The demo's mailbox: the emails that would have been sent, to read and download."""
