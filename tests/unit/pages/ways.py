"""Who may open which page, written out apart from the code's own table."""

CASEWORK = "coordinator designated-officer service head-of-send"
ALL = f"{CASEWORK} viewer engineer information-governance admin"

PAGES = {
    "GET /pages": ALL,
    "GET /pages/files/{name}": "nobody",
    "GET /pages/fresh": f"{CASEWORK} viewer engineer",
    "GET /pages/worklist": f"{CASEWORK} viewer engineer",
    "GET /pages/worklist.csv": CASEWORK,
    "POST /pages/worklist.csv": "coordinator designated-officer service",
    "GET /pages/filters": f"{CASEWORK} viewer engineer",
    "POST /pages/filters": f"{CASEWORK} viewer engineer",
}

NOT_SYSTEMS = {"POST /pages/worklist.csv"}
"""Where no system may, whatever its role."""
