"""Intake: pure decoders from one raw message to observations, by the message's type."""

from importlib import import_module

from hub.core.intake.council import decode as council
from hub.core.intake.decoded import Decoded, Decoder

DECODERS: dict[str, Decoder] = {
    "sendhub.council.event": council,
    "sendhub.council.row": council,
}
"""How to read a message, by its CloudEvents type."""

for _type, _name in (("sendhub.nhs.bars", "bars"), ("sendhub.council.question", "question")):
    try:
        DECODERS[_type] = import_module(f"hub.core.intake.{_name}").decode
    except ModuleNotFoundError:
        continue

__all__ = ["DECODERS", "Decoded", "Decoder"]
