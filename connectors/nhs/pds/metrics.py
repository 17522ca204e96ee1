"""What the connector counts beside what every connector does. Labels are a few fixed words."""

from hub.platform.instruments import counter

ANSWERS = counter(
    "pds_answers",
    "Look-ups answered, by what was asked and what came of it.",
    ["ask", "result"],
    unit="look-ups",
    reader="data quality",
    process="pds",
)
FAULTS = counter(
    "pds_faults",
    "Look-ups that had to wait, by what was wrong.",
    ["fault"],
    unit="look-ups",
    reader="integration engineers",
    process="pds",
)
