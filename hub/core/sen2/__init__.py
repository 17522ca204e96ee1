"""The request and assessment modules of the SEN2 person-level return: made from records, written, read and compared."""
