"""The demo's mailbox: the emails that it would have sent, to read and download."""
