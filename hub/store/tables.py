"""The read model's tables: the columns that are asked by, and the JSON as received in `body`.

Dates are Europe/London dates, `at` is microseconds since 1970. Bytes of dead letters stand in a table of their own, so
that a database role can be kept from them; the value is sealed with the key that `key_id` names.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

children = Table(
    "children",
    metadata,
    Column("key", Text, primary_key=True),
    Column("restricted", Boolean, nullable=False),
    Column("area", Text),
    Column("is_open", Boolean, nullable=False),
    Column("received_on", Date),
    Column("case_reference", Text),
    Column("body", Text, nullable=False),
    Index("children_by_area", "area", "key"),
    Index("children_by_reference", "case_reference"),
    Index("children_by_restricted", "restricted"),
)

merged_children = Table(
    "merged_children",
    metadata,
    Column("key", Text, primary_key=True),
    Column("surviving", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""Ids of children that were merged into others: what is asked for under one is shown under where it went on."""

OWED = "clock = 'advice-6w' AND state IN ('running', 'overdue', 'exempt')"
"""Advice that is still owed: what people chase. Few of all deadlines, so they have an index of their own."""

purged_children = Table("purged_children", metadata, Column("key", Text, primary_key=True))
"""Ids of children of whom nothing is kept: whatever is still read about them is passed over."""

deadlines = Table(
    "deadlines",
    metadata,
    Column("key", Text, primary_key=True),
    Column("child_id", Text, nullable=False),
    Column("clock", Text, nullable=False),
    Column("service", Text),
    Column("area", Text),
    Column("state", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("heading", Text),
    Column("role", Text, nullable=False),
    Column("ods", Text),
    Column("standing", Boolean, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("changed_on", Date, nullable=False),
    Column("body", Text, nullable=False),
    Index("deadlines_owed", "area", "due_on", "key", sqlite_where=text(OWED), postgresql_where=text(OWED)),
    Index("deadlines_owed_anywhere", "due_on", "key", sqlite_where=text(OWED), postgresql_where=text(OWED)),
    Index("deadlines_changed", "area", "changed_on", "key"),
    Index("deadlines_by_change", "changed_on", "key"),
    Index("deadlines_by_due", "due_on", "key"),
    Index("deadlines_by_child", "child_id", "due_on", "key"),
    Index("deadlines_by_state", "state", "due_on", "key"),
    Index("deadlines_by_area", "area", "state", "due_on", "key"),
    Index("deadlines_by_service", "service", "state", "due_on", "key"),
)
"""Indexes end in a listing's whole order: with the key left to be sorted, PostgreSQL goes through all days instead.
`role` and `ods` are of the body that must act, `starts_on` for advice the day on which the request reached it;
`changed_on` is the day of the last change."""

alerts = Table(
    "alerts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("child_id", Text),
    Column("deadline", Text),
    Column("threshold", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("area", Text),
    Column("state", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("body", Text, nullable=False),
    Index("alerts_by_since", "since", "key"),
    Index("alerts_by_state", "state", "threshold", "since", "key"),
    Index("alerts_by_child", "child_id", "since", "key"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("key", Text, primary_key=True),
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("child_id", Text),
    Column("message", Text),
    Column("opened_on", Date, nullable=False),
    Column("body", Text, nullable=False),
    Index("reviews_by_opened", "opened_on", "key"),
    Index("reviews_by_state", "state", "question", "opened_on"),
    Index("reviews_by_child", "child_id"),
    Index("reviews_by_message", "message"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("key", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("source", Text),
    Column("error", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("returns_as", Text),
    Column("message", Text),
    Column("cause", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("dead_letters_by_time", "at", "key"),
    Index("dead_letters_by_cause", "cause", "status", "at", "key"),
    Index("dead_letters_by_status", "status", "at"),
    Index("dead_letters_by_return", "returns_as"),
    Index("dead_letters_by_message", "message"),
)
"""`message` is what the record is of, `cause` the same for all that one stage gave up in one step for one reason."""

messages = Table(
    "messages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("messages_by_time", "at", "key"),
    Index("messages_by_source", "source", "at"),
)
"""What connectors received, as far as intake has come."""

message_steps = Table(
    "message_steps",
    metadata,
    Column("key", Text, primary_key=True),
    Column("message", Text, nullable=False),
    Column("child_id", Text),
    Column("outcome", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Index("message_steps_by_message", "message"),
    Index("message_steps_by_child", "child_id"),
    Index("message_steps_by_outcome", "outcome", "message"),
)
"""What stages made of each message: intake of the whole, identity of each observation."""

dead_letter_contents = Table(
    "dead_letter_contents",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("record_key", LargeBinary),
    Column("value", LargeBinary),
    Column("key_id", Text),
    Column("headers", Text, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("child_id", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""What measures need of each record and each measured deadline, as narrow JSON: joined by child when it is read."""

offsets = Table(
    "offsets",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("last_record_ms", BigInteger, nullable=False),
    Column("written_again", BigInteger, nullable=False, default=0, server_default="0"),
)
"""`written_again` counts the records written apart from the position's moves: rows change, the position does not."""

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))
