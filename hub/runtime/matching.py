"""What the identity stage matches by: the deployment's own policy and weights, or those that come with the hub."""

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.scoring.weights import Weights
from hub.platform.settings import Settings
from hub.stages.identity import Matching

SHIPPED = files("hub.core.identity.scoring") / "weights.json"


def matching_of(settings: Settings) -> Matching:
    """The policy and weights of a deployment; raises ValueError for a file that is none, OSError for one unreadable."""
    policy = read_policy(settings.matching_policy) if settings.matching_policy else CURRENT
    return Matching(policy, read_weights(settings.matching_weights))


def read_weights(file: Path | None) -> Weights:
    """A file of `sendhub match train`, or the weights that come with the hub. Further fields are for evaluation alone:
    the hub knows none of them.
    """
    text = SHIPPED.read_bytes() if file is None else file.read_bytes()
    try:
        return Weights.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{file} holds no matching weights: {_first(error)}") from None


def read_policy(file: Path) -> Policy:
    """A policy as JSON, as `sendhub match policy --json` prints the one in force."""
    try:
        return Policy.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{file} holds no matching policy: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
