"""Comments on the numbers of boards and saved questions: counts, the drawer with threads, and the fields to write."""
