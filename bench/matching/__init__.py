"""How good matching is, and how fast, beside Splink in the same run."""
