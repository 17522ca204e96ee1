"""The measures of timeliness: what is counted in a child's record and deadlines, and the figures for a period."""
