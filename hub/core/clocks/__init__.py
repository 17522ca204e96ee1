"""The statutory clocks: rules as data, how days are counted, and deadlines."""
