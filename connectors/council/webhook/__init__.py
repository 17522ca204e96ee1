"""The councils' webhook: case-management events over HTTP, one or a batch, to `council.events`."""
