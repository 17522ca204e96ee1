"""The pure centre: facts and a day go in, records, deadlines, alerts and decisions come out. No I/O and no clock."""
