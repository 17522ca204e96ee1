"""Who may open which page, written out apart from the code's own table."""

CASEWORK = "coordinator designated-officer service head-of-send"
ALL = f"{CASEWORK} viewer engineer information-governance admin"
READERS = f"{CASEWORK} viewer engineer"
NAMES = "coordinator designated-officer service"
DECIDERS = "coordinator head-of-send"

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
}

NOT_SYSTEMS = {
    "GET /pages/find",
    "GET /pages/decisions/{decision_id}",
    *(way for way in PAGES if way.startswith("POST") and way != "POST /pages/filters"),
}
"""Where no system may, whatever its role."""
