"""PDS: the national demographic service is asked for NHS numbers. See docs/connectors/pds.md."""
