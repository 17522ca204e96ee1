"""When advice will come: chances and dates from the services' own history. Knows nothing of the child but dates."""
