"""How messages leave Samepage: the mail server, destinations, failures and workers, for administrators."""
