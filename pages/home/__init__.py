"""The Home page: what you follow, notable changes, your recent work, and where to start."""
