"""What the platform's own people look after: queues, members, how the system is."""
