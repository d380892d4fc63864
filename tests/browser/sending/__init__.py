"""Browser tests of everything that reaches people outside the app: deliveries, alerts and their emails."""
