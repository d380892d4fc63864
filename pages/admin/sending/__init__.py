"""Sending messages: the mail server, destinations, failures and workers, for administrators."""
