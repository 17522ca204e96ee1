"""What the connector counts beside what every connector does. Labels are a few fixed words."""

from prometheus_client import Counter

ANSWERS = Counter("sendhub_pds_answers", "Look-ups answered, by what was asked and what came of it.", ["ask", "result"])
FAULTS = Counter("sendhub_pds_faults", "Look-ups that had to wait, by what was wrong.", ["fault"])
