"""What reaches people outside the app: deliveries, alerts and their emails."""
