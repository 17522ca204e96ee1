"""`python -m schemas.publication`: publish the versions that are due, and make the AsyncAPI document anew."""

import json
import sys

from schemas.publication.archive import NotPublishable, publish
from schemas.publication.asyncapi import DOCUMENT, document


def main() -> int:
    """1 where the shapes may not be published as they are."""
    try:
        made = publish()
    except NotPublishable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    DOCUMENT.write_text(text())
    sys.stdout.write("".join(f"{name}\n" for name in made))
    return 0


def text() -> str:
    """The AsyncAPI document as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
