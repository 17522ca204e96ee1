"""The tables of the change feed. docs/decisions/0018 says why they are so.

A lane is one partition of one topic: its changes are numbered from 1 in the order in which they were committed.
`changes` holds the last change of each row, so it grows with what there is, not with what happens.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from hub.store.tables import metadata

changes = Table(
    "changes",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("turned", BigInteger, nullable=False),
    Column("area", Text),
    Column("former", Text, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("changes_by_number", "topic", "partition", "number", unique=True),
    Index("changes_gone", "topic", "partition", "at", sqlite_where=text("gone"), postgresql_where=text("gone")),
)
"""`item` is the row's key in its own table, `former` the areas that it was in before, between commas; `restricted` is
what the record itself says. `turned` is the number of the last change of who may see it. `at` is the broker's time of
the newest record of its batch, in milliseconds since 1970."""

change_lanes = Table(
    "change_lanes",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("forgotten", BigInteger, nullable=False),
)
"""`last` is the number of the last change, `forgotten` the highest of those ends of rows that are not kept any more."""

change_epoch = Table("change_epoch", metadata, Column("epoch", Text, primary_key=True))
"""One row: which filling of this database the numbers are of. Another filling counts anew."""
