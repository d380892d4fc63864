"""What administrators look after: people, tokens, the audit log, connections."""
