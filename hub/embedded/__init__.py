"""The embedded default: what `make demo` and the tests run in the place of a production Kafka."""
