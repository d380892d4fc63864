"""What a question may be about: definitions, and how they are read, checked and joined."""
