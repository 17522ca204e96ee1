"""`python -m bench.kin FOLDER`: a synthetic population of children, as files for `sendhub match`.

Half of the people have a second record, as another system would have written it. Nobody in it exists.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from hub.simulator.kin import Kin, Kindred

PEOPLE = 12_000
SEED = 2026
MAP = """id = "id"
given = "given"
family = "family"
birth_date = "born"
sex = "sex"
postcode = "postcode"
"""


def records(seed: int = SEED, people: int = PEOPLE) -> Iterator[Kin]:
    """Households one after the other; second records stand beside the first."""
    rng = Random(seed)
    kindred = Kindred(rng)
    for kin in kindred.people(people):
        yield kin
        if rng.random() < 0.5:
            yield kindred.again(kin)


def write(folder: Path, found: Iterator[Kin]) -> None:
    """`kin.csv` with the truth as its column `cluster`, and `kin.toml`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kin.toml").write_text(MAP, "utf-8")
    with (folder / "kin.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["id", "given", "family", "born", "sex", "postcode", "cluster"])
        for number, kin in enumerate(found, 1):
            born = "" if kin.born is None else kin.born.isoformat()
            table.writerow([number, kin.given, kin.family, born, kin.sex or "", kin.postcode or "", kin.person])


if __name__ == "__main__":
    write(Path(sys.argv[1]), records())
