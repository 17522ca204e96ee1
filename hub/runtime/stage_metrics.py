"""What a stage counts of itself. `source` is the registered feed that a record came from, else its topic."""

from hub.platform.instruments import FAST, THROUGH, counter, gauge, histogram

STAGE_IN = counter(
    "stage_messages_in",
    "Records read by a stage, by the feed they came from.",
    ["stage", "source"],
    unit="records",
    reader="operations",
    process="a stage",
)
STAGE_PROGRESS = gauge(
    "stage_in_progress_records",
    "Records read and not yet committed or given up.",
    ["stage"],
    unit="records",
    reader="operations",
    process="a stage",
)
STAGE_OUT = counter(
    "stage_messages_out",
    "Records a stage committed, by topic; of the projection: records written into the read model.",
    ["stage", "topic"],
    unit="records",
    reader="operations",
    process="a stage",
)
STAGE_PAUSED = gauge(
    "stage_paused",
    "Whether a person told the stage to stop reading (`sendhub pause`).",
    ["stage"],
    unit="1 or 0",
    reader="operations",
    process="a stage",
)
STAGE_FAILED = counter(
    "stage_failures",
    "Attempts that failed: at a batch, a half of one, or a record that stands alone.",
    ["stage", "error"],
    unit="attempts",
    reader="operations",
    process="a stage",
)
STAGE_DEAD = counter(
    "stage_dead_letters",
    "Records given up as dead letters.",
    ["stage", "source"],
    unit="letters",
    reader="integration engineers",
    process="a stage",
)
STAGE_OUTCOME = counter(
    "stage_outcomes",
    "Messages that leave no record of their own: repeat or out-of-scope.",
    ["outcome", "source"],
    unit="messages",
    reader="integration engineers",
    process="a stage",
)
STAGE_BATCH = histogram(
    "stage_batch_seconds",
    "Time from reading a batch to its commit.",
    ["stage"],
    unit="seconds",
    reader="operations",
    process="a stage",
    buckets=FAST,
)
STAGE_BATCH_SIZE = histogram(
    "stage_batch_records",
    "Records in a batch that was tried.",
    ["stage"],
    unit="records",
    reader="operations",
    process="a stage",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)
STAGE_LAG = gauge(
    "stage_lag_records",
    "Records of a partition not yet committed, when it was last read.",
    ["stage", "topic", "partition"],
    unit="records",
    reader="operations",
    process="a stage",
)
STAGE_WAITING = gauge(
    "stage_waiting",
    "1 while a partition waits for what is away.",
    ["stage", "topic", "partition"],
    unit="1 or 0",
    reader="operations",
    process="a stage",
)
STAGE_LAST_COMMIT = gauge(
    "stage_last_commit_timestamp_seconds",
    "When a partition last committed a batch: how old its last success is.",
    ["stage", "topic", "partition"],
    unit="seconds",
    reader="operations",
    process="a stage",
)
HEARTBEAT = histogram(
    "heartbeat_seconds",
    "Age of a heartbeat, since the ticker put it in, when a stage had committed it.",
    ["stage"],
    unit="seconds",
    reader="operations",
    process="a stage",
    buckets=THROUGH,
)
HEARTBEAT_LAST = gauge(
    "heartbeat_last_timestamp_seconds",
    "When the ticker put in the newest heartbeat that has passed a stage.",
    ["stage", "topic", "partition"],
    unit="seconds",
    reader="operations",
    process="a stage",
)
RECEIPT_TO_RECORD = histogram(
    "receipt_to_record_seconds",
    "Time from receipt by the connector to the reconciled record in the read model.",
    unit="seconds",
    reader="operations",
    process="projection",
    buckets=THROUGH,
)
RECEIPT_TO_ALERT = histogram(
    "receipt_to_alert_seconds",
    "Time from receipt by the connector to the alert that it opened or cleared, in the read model.",
    unit="seconds",
    reader="operations",
    process="projection",
    buckets=THROUGH,
)
