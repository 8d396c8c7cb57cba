"""What is held on a person, for that person to take along."""
