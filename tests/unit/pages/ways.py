"""Who may open which page, written out apart from the code's own table."""

CASEWORK = "coordinator designated-officer service head-of-send"
ALL = f"{CASEWORK} viewer engineer information-governance admin"
READERS = f"{CASEWORK} viewer engineer"
NAMES = "coordinator designated-officer service"
DECIDERS = "coordinator head-of-send"
OPERATORS = "engineer admin information-governance"

PAGES = {
    "GET /pages": ALL,
    "GET /pages/files/{name}": "nobody",
    "GET /pages/fresh": READERS,
    "GET /pages/worklist": READERS,
    "GET /pages/worklist.csv": CASEWORK,
    "POST /pages/worklist.csv": NAMES,
    "GET /pages/filters": READERS,
    "POST /pages/filters": READERS,
    "GET /pages/children/{child_id}": READERS,
    "POST /pages/children/{child_id}/name": f"{NAMES} head-of-send",
    "GET /pages/changes": READERS,
    "GET /pages/find": NAMES,
    "POST /pages/find": NAMES,
    "GET /pages/measures": f"{CASEWORK} viewer information-governance admin",
    "GET /pages/questions": "coordinator head-of-send engineer",
    "GET /pages/questions/{task_id}": "coordinator head-of-send engineer",
    "POST /pages/questions/{task_id}": DECIDERS,
    "POST /pages/questions/{task_id}/decide": DECIDERS,
    "GET /pages/decisions/{decision_id}": DECIDERS,
    "POST /pages/decisions/{decision_id}/undo": DECIDERS,
    "GET /pages/messages": OPERATORS,
    "POST /pages/messages": OPERATORS,
    "GET /pages/messages/replay": "engineer admin",
    "POST /pages/messages/replay": "engineer admin",
    "GET /pages/messages/{message_id}": OPERATORS,
    "POST /pages/messages/{message_id}/raw": "information-governance",
    "GET /pages/dead-letters": OPERATORS,
    "GET /pages/dead-letters/replay": "engineer admin",
    "POST /pages/dead-letters/replay": "engineer admin",
    "GET /pages/dead-letters/causes/{cause_id}": OPERATORS,
    "GET /pages/dead-letters/{letter_id}": OPERATORS,
    "POST /pages/dead-letters/{letter_id}/raw": "information-governance",
    "POST /pages/dead-letters/{letter_id}/resolve": "engineer admin",
    "GET /pages/jobs": "engineer admin",
    "GET /pages/jobs/{job_id}": "engineer admin",
    "POST /pages/jobs/{job_id}/stop": "engineer admin",
    "GET /pages/sources": f"coordinator head-of-send {OPERATORS}",
    "POST /pages/sources/{process}/pause": "engineer admin",
    "POST /pages/sources/{process}/resume": "engineer admin",
}

NOT_SYSTEMS = {
    "GET /pages/find",
    "GET /pages/decisions/{decision_id}",
    "GET /pages/messages/replay",
    "GET /pages/dead-letters/replay",
    "GET /pages/jobs",
    "GET /pages/jobs/{job_id}",
    *(way for way in PAGES if way.startswith("POST") and way not in ("POST /pages/filters", "POST /pages/messages")),
}
"""Where no system may, whatever its role."""
