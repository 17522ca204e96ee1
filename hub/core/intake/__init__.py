"""Intake: pure decoders from one raw message to observations, by the message's type."""

from hub.core.intake.bars import decode as bars
from hub.core.intake.council import decode as council
from hub.core.intake.decoded import Decoded, Decoder
from hub.core.intake.pds import decode as pds
from hub.core.intake.question import decode as question
from schemas.traces import CE_TYPE_PDS

DECODERS: dict[str, Decoder] = {
    "sendhub.council.event": council,
    "sendhub.council.row": council,
    "sendhub.council.question": question,
    "sendhub.nhs.bars": bars,
    CE_TYPE_PDS: pds,
}
"""How to read a message, by its CloudEvents type."""

__all__ = ["DECODERS", "Decoded", "Decoder"]
