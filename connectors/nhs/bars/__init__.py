"""BaRS: trusts post FHIR message bundles to `/$process-message`. See docs/connectors/bars.md."""
