"""Who asks and what they may see: actor, narrow, rows."""
