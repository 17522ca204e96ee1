"""How pages look: templates, escaped throughout, and the files beside them."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from hub.api.access.looks import SignIn
from hub.api.access.ways import PAGES
from hub.api.pages import words

FILES: Mapping[str, str] = {"pages.css": "text/css", "pages.js": "text/javascript", "icon.svg": "image/svg+xml"}
"""The files that pages use, and what each is."""


@lru_cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("hub.api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": words.day,
        "short_day": words.short_day,
        "service": words.service,
        "area": words.area,
        "clock": words.clock,
        "explained": words.explained,
        "spelt": words.spelt,
        "body": lambda asked: words.body(asked["role"], asked.get("ods")),
        "role": lambda role: words.PEOPLE.get(role, role),
        "state": lambda state: words.STATES.get(state, state),
        "count": words.count,
        "moment": words.moment,
        "day_or_text": words.day_or_text,
        "capitalize_first": words.capitalised,
    }
    made.globals |= {
        "pages": PAGES,
        "file": file_path,
        "london": words.LONDON,
        "outcomes": words.OUTCOMES,
        "kinds": words.KINDS,
        "kind_said": words.fact,
        "types": words.TYPES,
    }
    return made


@lru_cache
def file_content(name: str) -> bytes:
    """One of FILES."""
    return resources.files("hub.api.pages").joinpath("static", name).read_bytes()


@lru_cache
def file_path(name: str) -> str:
    """Where it is served: an address that changes with its content, so that it may be kept."""
    return f"{PAGES}/files/{name}?v={hashlib.sha256(file_content(name)).hexdigest()[:12]}"


class PagesLook:
    """Makes pages. A page of the gate's own has no navigation: nobody may be signed in."""

    def page(self, template: str, shown: Mapping[str, Any], status: int = 200) -> Response:
        """A page as an answer that nobody may keep."""
        content = _environment().get_template(template).render(**shown)
        return HTMLResponse(content, status, {"Cache-Control": "no-store"})

    def sign_in(self, shown: SignIn, status: int) -> Response:
        """See hub.api.access.looks.Look."""
        return self.page(
            "sign-in.html", {"entries": (), "here": "", "roles": (), "csrf": "", **shown._asdict()}, status
        )

    def refused(self, status: int, title: str, detail: str | None) -> Response:
        """See hub.api.access.looks.Look."""
        frame: dict[str, Any] = {"entries": (), "here": "", "roles": (), "csrf": ""}
        return self.page("refused.html", {**frame, "status": status, "title": title, "detail": detail}, status)

    def day(self, day: date) -> str:
        """A day in words."""
        return words.day(day)
