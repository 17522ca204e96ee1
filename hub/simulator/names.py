"""Names for children who do not exist, of many origins: so matching meets accents, hyphens and apostrophes."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Origin:
    """Names that go together. `share` is the origin's weight among the children."""

    share: int
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    families: tuple[str, ...]


def _origin(share: int, girls: str, boys: str, families: str) -> Origin:
    return Origin(share, *(tuple(name.strip() for name in names.split(",")) for names in (girls, boys, families)))


ORIGINS: tuple[Origin, ...] = (
    _origin(
        55,
        "Olive, Poppy, Florence, Harriet, Martha, Phoebe, Eliza, Beatrice, Edith, Mabel, Rosalind, Imogen, Tabitha",
        "Arthur, Stanley, Reuben, Jasper, Albert, Rupert, Felix, Hugo, Wilfred, Barnaby, Ralph, Dexter, Casper",
        "Brook, Ashdown, Chiltern, Hartwell, Wendover, Risborough, Amersham-Lee, Fenwick, Thorncroft, Penhale, "
        "Larkspur, Oakley, Missenden, Stokes-Hay, Winslow",
    ),
    _origin(
        12,
        "Zainab, Aisha, Noor, Maryam, Hafsa, Iqra, Sumayya, Khadija",
        "Hamza, Bilal, Yusuf, Idris, Zakariya, Ibrahim, Usman, Haroon",
        "Chaudhrey, Mahmoodi, Qureshy, Rafiqi, Siddiquee, Akhtari, Baig-Khan",
    ),
    _origin(
        8,
        "Anaya, Diya, Meera, Saanvi, Riya, Kavya",
        "Arjun, Rohan, Vihaan, Ishaan, Dev, Kabir",
        "Patelia, Iyengar-Rao, Sharmar, Nairne, Guptaa, Banerji-Sen",
    ),
    _origin(
        7,
        "Zofia, Maja, Małgosia, Agnieszka, Hanna",
        "Łukasz, Wojciech, Kacper, Szymon, Paweł",
        "Wiśnik, Kowalczuk, Żurawek, Lewandak, Dąbrowik",
    ),
    _origin(
        6,
        "Chidinma, Adaeze, Folasade, Abena, Thandiwe",
        "Chukwuemeka, Oluwaseun, Kwabena, Tendai, Babajide",
        "Okonkwor, Adeyemo-Bello, Mensahr, Ndlovan, Boatengi",
    ),
    _origin(
        4,
        "Siân, Zoë, Niamh, Aoife, Bronwyn, Saoirse",
        "Rhys, Ruairí, Cillian, Owain, Fergus, Eoin",
        "O'Brannigan, Llewelyn-Pryce, MacAlasdair, Gwyneddson, D'Arcey",
    ),
    _origin(
        4,
        "Mei-Lin, Xiaoyu, Thảo, Linh, Yuki",
        "Jun-Hao, Zihan, Minh, Đức, Haruto",
        "Nguyễnh, Tranh, Cheungley, Wang-Ho, Tanakada",
    ),
    _origin(
        4,
        "Ileana, Ruxandra, Oksana, Daryna, Shirin, Nasrin",
        "Ştefan, Răzvan, Taras, Bohdan, Kaveh, Arash",
        "Popescule, Shevchenkov, Ionescar, Ahmadian, Petrenkov",
    ),
)


def origin(rng: Random) -> Origin:
    """An origin by its share."""
    return rng.choices(ORIGINS, [each.share for each in ORIGINS])[0]
