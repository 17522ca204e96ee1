"""The matching policies, as rows: the current one, and what each version changed."""

from hub.core.identity.policy import Change, Policy, Rule, Strategy

CURRENT = Policy(
    version="2026-11-28.2",
    strategies=(
        Strategy(
            name="strong identifier",
            rules=(
                Rule(
                    name="nhs-number",
                    needs=("nhs-number", "birth", "given"),
                    outcome="match",
                    why="the same verified NHS number, with date of birth and given name agreeing",
                ),
                Rule(
                    name="upn",
                    needs=("upn", "birth", "given", "family"),
                    outcome="match",
                    why="the same UPN, with date of birth, given name and family name agreeing",
                ),
            ),
        ),
        Strategy(
            name="deterministic",
            rules=(
                Rule(
                    name="name-birth-postcode",
                    needs=("given", "family", "birth", "postcode"),
                    unless_relative=True,
                    outcome="match",
                    why="the same name, date of birth and postcode, and no brother, sister or twin known beside them",
                ),
            ),
        ),
        Strategy(
            name="probabilistic",
            rules=(
                Rule(
                    name="likely",
                    at_least=0.2,
                    outcome="potential",
                    why="so alike that a person is asked; nothing is joined",
                ),
            ),
        ),
    ),
    changelog=(
        Change(
            version="2026-11-28",
            change=(
                "the first version as rows: a number, else name, date of birth and postcode where no relative is "
                "known; the likely are asked about"
            ),
            effect="docs/matching.md",
        ),
        Change(
            version="2026-11-28.2",
            change="a UPN joins only where family names agree too, in any way of writing them; else a person is asked",
            effect="none on the figures of docs/matching.md: no set there has a UPN",
        ),
    ),
)
"""What the identity stage goes by unless the deployment names a policy file of its own."""
