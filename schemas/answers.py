"""People's answers to questions about cases and data, as facts: source `hub:people`, record the decision's own id.

Taken back they are retracted by a later version, and count as never given.
"""

from schemas.base import Model
from schemas.statements import Number, Text


class StatementNamed(Model):
    """One statement of a source: what versions replace each other of."""

    source: Text
    record: Text
    kind: Text
    occurrence: str = ""


class QuestionAcknowledged(Model):
    """(decided) somebody looked, and it is right as it stands, or was dealt with where it was made. `doubt` is the
    digest of what was asked: once something else is asked of the same facts, it is asked anew."""

    doubt: Text


class VersionChosen(Model):
    """(decided) of the contents that one `version` was sent with, the one with this digest stands. `among` are those
    that were seen: with another one it is asked anew."""

    of: StatementNamed
    version: Number
    content: Text
    among: tuple[Text, ...]
