"""Models of everything that crosses a topic or the API. Nothing here does I/O or reads a clock."""
