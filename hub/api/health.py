"""Whether the process and its read model do."""

import orjson
from fastapi import APIRouter, Response

from hub.store import reader
from hub.store.readmodel import ReadModel, instants
from schemas.api import ReadModelHealth


def health(model: ReadModel) -> APIRouter:
    """The paths for probes, and how fresh the read model is."""
    router = APIRouter()

    @router.get("/live", include_in_schema=False)
    def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/ready", include_in_schema=False)
    def ready() -> Response:
        well = model.problem() is None
        return Response(orjson.dumps({"ready": well}), 200 if well else 503, media_type="application/json")

    @router.get(
        "/health",
        response_model=ReadModelHealth,
        responses={503: {"model": ReadModelHealth}},
        summary="Whether the read model can be read, and how fresh",
    )
    def of_read_model() -> Response:
        problem = model.problem()
        if problem is None:
            with model.connection() as connection:
                known = instants(reader.freshness(connection))
            found = ReadModelHealth(ready=True, problems={}, data_as_of=known)
        else:
            found = ReadModelHealth(ready=False, problems={"read model": problem}, data_as_of={})
        return Response(found.model_dump_json(), 200 if found.ready else 503, media_type="application/json")

    return router
