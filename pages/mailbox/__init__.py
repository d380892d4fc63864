"""The demo's mailbox: what would have been sent by email, to read and download."""
