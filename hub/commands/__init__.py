"""The subcommands of `sendhub`, one noun per file."""
