"""The NHS Booking and Referral Standard (BaRS) as it crosses the hub: codes, a thin reader, and meaning.

The connector, intake and the simulator share these, so that all three read a message the same way.
"""

from schemas.bars.fault import Fault, Faulty
from schemas.bars.message import Entry, Message
from schemas.bars.workflow import Meaning, meaning_of

__all__ = ["Entry", "Fault", "Faulty", "Meaning", "Message", "meaning_of"]
