"""Why a decision is not carried out."""


class Refused(Exception):
    """A decision that is not carried out, in words for the person who made it: never a value."""
