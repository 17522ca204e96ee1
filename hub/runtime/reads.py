"""What each stage reads, upstream first: looked at in this order, nothing left at each means nothing left in all."""

from collections.abc import Mapping

from hub.stages.projection import TOPICS as PROJECTED
from schemas.topics import AUDIT_INTAKE, COUNCIL_EVENTS, FACTS, NHS_MESSAGES, OBSERVATIONS, TOPICS, Topic

READS: Mapping[str, tuple[Topic, ...]] = {
    "intake": (COUNCIL_EVENTS, NHS_MESSAGES),
    "identity": (OBSERVATIONS,),
    "casework": (FACTS,),
    "projection": tuple(topic for topic in TOPICS if topic.name in PROJECTED),
    "audit": (AUDIT_INTAKE,),
}
"""Topics by stage."""
