"""Comments on numbers as one person reads and writes them, under each reader's policy, and the mails about them."""
