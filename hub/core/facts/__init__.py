"""Facts as the core holds them, and which of them stand."""
