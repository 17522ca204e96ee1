"""What is waited for and told as a stage's lag is all that the stage reads."""

from hub.embedded.pipeline import AUDITED, FLOW
from hub.runtime.reads import READS
from hub.runtime.stages import STAGES
from hub.stages import projection
from hub.stages.auditing import auditing
from hub.stages.casework import casework
from hub.stages.identity import identity
from hub.stages.intake import intake
from schemas.sources import Sources


def test_it_is_what_the_stages_say_themselves():
    def note(outcome, source):
        raise AssertionError(outcome, source)

    none = Sources(sources=())
    made = [intake(none, note), identity(b"k" * 32, none, note), casework(None, lambda: 0.0), auditing()]
    said = {stage.name: set(stage.sources) for stage in made} | {"projection": set(projection.TOPICS)}
    assert {name: {topic.name for topic in topics} for name, topics in READS.items()} == said
    assert set(said) == set(STAGES)


def test_whoever_waits_for_the_pipeline_waits_for_all_that_is_read():
    """Upstream first: what a stage writes is no longer under way when it is the next one's turn."""
    assert dict((*FLOW, *AUDITED)) == dict(READS)
    assert [name for name, _ in FLOW] == ["intake", "identity", "casework", "projection"]
