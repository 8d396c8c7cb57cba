"""Pages of the platform's own people: queues, members, parameters, money, system, audit log."""
