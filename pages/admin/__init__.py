"""The pages for administrators, in a folder each: people, service tokens, the audit log, connections."""
