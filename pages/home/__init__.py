"""The page Home: what you follow, notable changes, your recent work, and where to start."""
