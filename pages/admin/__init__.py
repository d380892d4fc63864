"""The pages for administrators, one folder each: people, service tokens, the audit log, connections and sending."""
