"""How signing in and refusals look to a browser. The pages may bring a look of their own; this one needs nothing."""

from html import escape
from typing import NamedTuple, Protocol

from starlette.responses import HTMLResponse, Response


class SignIn(NamedTuple):
    """What the sign-in page shows. `form_token` is what its form has to carry, `failed` says in words what was wrong.

    With `passwords` there is a form for name and password, with `provider` a link to the organisation's own sign-in.
    """

    onward: str
    form_token: str
    passwords: bool
    provider: bool
    failed: str | None


class Look(Protocol):
    """Makes the few pages that the gate itself answers with."""

    def sign_in(self, shown: SignIn, status: int) -> Response:
        """The page to sign in: a form to `/pages/sign-in`, a link to `/pages/sign-in/begin?onward=…`."""
        ...

    def refused(self, status: int, title: str, detail: str | None) -> Response:
        """Why something is not shown or done."""
        ...


class PlainLook:
    """Plain HTML, without style and script."""

    def sign_in(self, shown: SignIn, status: int) -> Response:
        """See Look."""
        failed = f'<p role="alert">{escape(shown.failed)}</p>' if shown.failed else ""
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in (("onward", shown.onward), ("csrf_token", shown.form_token))
        )
        form = (
            f'<form method="post" action="/pages/sign-in">{hidden}'
            '<p><label>Name <input name="name" autocomplete="username" required></label></p>'
            '<p><label>Password <input name="password" type="password" autocomplete="current-password" required>'
            "</label></p><p><button>Sign in</button></p></form>"
        )
        link = f'<p><a href="/pages/sign-in/begin?onward={escape(shown.onward)}">Sign in with your organisation</a></p>'
        return _page("Sign in", failed + (form if shown.passwords else "") + (link if shown.provider else ""), status)

    def refused(self, status: int, title: str, detail: str | None) -> Response:
        """See Look."""
        return _page(title, f"<p>{escape(detail)}</p>" if detail else "", status)


def _page(title: str, content: str, status: int) -> Response:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return HTMLResponse(f"{head}<main><h1>{escape(title)}</h1>{content}</main></html>", status)
