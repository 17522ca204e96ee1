"""What Faust is not used for: so the defects that lie there cannot occur."""

from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime.driver import LaneApp, LaneConsumer
from hub.runtime.lane import Committer
from hub.runtime.partitions import Partition


def no_committer(source: Partition, consumer: LaneConsumer) -> Committer:
    raise AssertionError("nothing is assigned")


async def test_there_is_no_agent_no_table_and_no_exactly_once_of_fausts() -> None:
    app = LaneApp(Settings(), "stage", ("test.in",), no_committer, Health())
    app.finalize()
    assert not app.agents
    assert not app.tables
    assert not app.in_transaction
    assert not app.conf.topic_allow_declare
    assert not app.conf.web_enabled
