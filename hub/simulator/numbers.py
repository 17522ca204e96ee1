"""Numbers for children who do not exist: NHS numbers of the range 999, UPNs of establishments that are none.

No two valid NHS numbers differ in one digit: modulus 11 finds every single slip. So near numbers are those whose first
nine digits differ in one, and with it the check digit: one slip and its copy, as when twins are registered together.
"""

from random import Random

from stdnum.gb import upn

_BODIES = 1_000_000
_AREA = "825"


def nhs_number(body: int) -> str | None:
    """The NHS number of 999 and a body of six digits; None for those that modulus 11 never gives out."""
    digits = f"999{body:06d}"
    check = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
    return None if check == 10 else f"{digits}{check}"


class Numbers:
    """Gives each number out once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._bodies: set[int] = set()
        self._pupils: set[str] = set()

    def nhs(self) -> str:
        """An NHS number that nobody has."""
        while True:
            body = self._rng.randrange(_BODIES)
            found = nhs_number(body)
            if found and body not in self._bodies:
                self._bodies.add(body)
                return found

    def near_nhs(self) -> tuple[str, str]:
        """Two that nobody has, whose first nine digits differ in the last of them, by one."""
        while True:
            body = self._rng.randrange(_BODIES - 1)
            one, other = nhs_number(body), nhs_number(body + 1)
            free = not {body, body + 1} & self._bodies
            if one and other and free and body % 10 != 9:
                self._bodies |= {body, body + 1}
                return one, other

    def pupil(self, year: int) -> str:
        """A UPN that nobody has, given out in that year."""
        while True:
            establishment, serial = self._rng.randrange(9900, 10_000), self._rng.randrange(1000)
            body = f"{_AREA}{establishment}{year % 100:02d}{serial:03d}"
            if body not in self._pupils:
                self._pupils.add(body)
                return f"{upn.calc_check_digit(body)}{body}"

    def learner(self) -> str:
        """A unique learner number, as somebody types it where an NHS number belongs. It cannot pass for one."""
        while True:
            digits = f"{self._rng.randrange(100_000_000, 1_000_000_000)}"
            rest = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
            if rest:
                return f"{digits}{10 - rest}"


def slipped(number: str) -> str:
    """The NHS number with its last digit mistyped: it fails modulus 11."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)
