"""What administrators look after, a folder each: people, service tokens, the audit log, connections."""
