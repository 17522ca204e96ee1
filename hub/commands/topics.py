"""`sendhub topics`: create the topics that are missing, check all of them."""

import asyncio
import json
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.runtime import topics as kafka_topics
from hub.runtime.errors import TopicUnfit


def topics(
    check: Annotated[bool, typer.Option("--check", help="Only check; create nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Create the hub's topics and check their partitions and policies; exit status 1 when something is wrong."""
    settings = Settings()
    try:
        created = [] if check else asyncio.run(kafka_topics.create(settings.kafka, settings.replication))
        problems = asyncio.run(kafka_topics.problems(settings.kafka))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__}): start it, or set SENDHUB_KAFKA")
    except TopicUnfit as error:
        stop(str(error))
    if as_json:
        typer.echo(json.dumps({"created": created, "problems": problems}))
    else:
        for name in created:
            typer.echo(f"created {name}")
        for problem in problems:
            typer.echo(f"wrong: {problem}")
        if not problems:
            typer.echo("all topics are as they must be")
    raise typer.Exit(1 if problems else 0)
