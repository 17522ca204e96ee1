"""The pages for people: made on the server, useful without scripts, and nothing of a child in an address."""
