"""Where messages are sent: administrators' destinations, the mail server set in the app, and the demo's mailbox."""
