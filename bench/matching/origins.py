"""Names of other languages, as two systems would write one child's: how many of these are found, by origin.

Same date of birth, another postcode, among twenty thousand others: only the names can tell.
"""

from datetime import date
from random import Random

from rich.console import Console
from rich.table import Table

from hub.core.identity.policies import CURRENT
from hub.core.identity.scoring.population import Population
from hub.core.identity.scoring.scorer import Scorer
from hub.core.identity.scoring.traits import traits_of
from hub.runtime.matching import read_weights
from hub.simulator.kin import Kindred

OTHERS = 20_000
_BORN, _SEED = date(2015, 6, 17), 2029

Written = tuple[str, str]
"""Given name and family name."""

NAMES: dict[str, tuple[tuple[Written, Written], ...]] = {
    "English": (
        (("Thomas", "Hartwell"), ("Tom", "Hartwell")),
        (("Katherine", "Fenwick"), ("Kate", "Fenwick")),
        (("Isabella", "Ashdown-Lee"), ("Bella", "Ashdown")),
        (("Stephen", "Brook"), ("Steven", "Brooke")),
        (("Zoe Anne", "Oakley"), ("Zoe", "Oakley")),
        (("Frederick", "Winslow"), ("Freddie", "Winslow")),
        (("Charlotte", "Penhale"), ("Charlote", "Penhale")),
        (("Matthew", "Larkspur"), ("Mathew", "Larkspur")),
    ),
    "Welsh, Irish, Scottish": (
        (("Siân", "Llewelyn"), ("Sian", "Llewellyn")),
        (("Caitlín", "O'Brannigan"), ("Kaitlin", "OBrannigan")),
        (("Rhys", "Pryce"), ("Reece", "Price")),
        (("Ruairí", "MacAlasdair"), ("Ruairi", "McAlasdair")),
        (("Seán", "D'Arcey"), ("Shaun", "Darcey")),
        (("Niamh", "Gwyneddson"), ("Neve", "Gwyneddson")),
        (("Eilidh", "Mac Donald"), ("Eilidh", "MacDonald")),
        (("Owain", "ap Rhodri"), ("Owain", "Aprhodri")),
    ),
    "South Asian": (
        (("Mohammed Ali", "Chaudhrey"), ("Muhammad Ali", "Choudhry")),
        (("Zainab", "Qureshy"), ("Zaynab", "Qureshi")),
        (("Yusuf", "Siddiquee"), ("Yousuf", "Siddiqui")),
        (("Ayesha", "Mahmoodi"), ("Aisha", "Mahmudi")),
        (("Hussain", "Akhtari"), ("Husain", "Akhtary")),
        (("Saanvi", "Iyengar-Rao"), ("Sanvi", "Iyengar")),
        (("Vikram", "Patelia"), ("Patelia", "Vikram")),
        (("Syed Hamza", "Rafiqi"), ("Hamza", "Rafiqi")),
    ),
    "Arabic, Persian, Turkish": (
        (("Khadija", "Al-Rashidi"), ("Khadijah", "Alrashidi")),
        (("Abdul Rahman", "El Masri"), ("Abdulrahman", "Elmasri")),
        (("Fatima", "bin Saleh"), ("Fatema", "Saleh")),
        (("Mustafa", "Yıldızer"), ("Mustapha", "Yildizer")),
        (("Sharif", "Ahmadian"), ("Shareef", "Ahmadian")),
        (("Layla", "Haddadi"), ("Leila", "Hadadi")),
        (("Omar", "Khalilov"), ("Umar", "Khalilov")),
        (("Şirin", "Özkanlı"), ("Sirin", "Ozkanli")),
    ),
    "Polish and other Slavic": (
        (("Małgorzata", "Wiśnik"), ("Malgorzata", "Wisnik")),
        (("Zofia", "Kowalczuk"), ("Sofia", "Kowalczyk")),
        (("Łukasz", "Żurawek"), ("Lukas", "Zurawek")),
        (("Aleksandra", "Lewandak"), ("Alexandra", "Lewandak")),
        (("Ольга", "Шевченкова"), ("Olga", "Shevchenkova")),
        (("Ekaterina", "Petrenkova"), ("Yekaterina", "Petrenkov")),
        (("Krzysztof", "Dąbrowik"), ("Krystof", "Dabrowik")),
        (("Maja", "Nowakova"), ("Maya", "Novakova")),
    ),
    "West and East African": (
        (("Oluwaseun", "Adeyemo-Bello"), ("Seun", "Adeyemo")),
        (("Chukwuemeka", "Okonkwor"), ("Emeka", "Okonkwor")),
        (("Chidinma", "Ezeudu"), ("Chidimma", "Ezeudu")),
        (("Kwabena", "Boatengi"), ("Kwabina", "Boateng")),
        (("Folasade", "Adebayor"), ("Folashade", "Adebayor")),
        (("Abdi", "Warsame"), ("Cabdi", "Warsame")),
        (("Thandiwe", "Ndlovan"), ("Tandiwe", "Ndlovan")),
        (("Ifeoma", "Nwosu"), ("Nwosu", "Ifeoma")),
    ),
    "Chinese, Vietnamese, Japanese": (
        (("Mei-Lin", "Cheungley"), ("Meilin", "Cheungley")),
        (("Xiaoyu", "Wang"), ("Wang", "Xiaoyu")),
        (("Thảo", "Nguyễn"), ("Thao", "Nguyen")),
        (("Đức", "Tranh"), ("Duc", "Tranh")),
        (("Jun Hao", "Lim"), ("Junhao", "Lim")),
        (("Jiayi Amy", "Zhangley"), ("Amy", "Zhangley")),
        (("Yūki", "Tanakada"), ("Yuki", "Tanakada")),
        (("Zihan", "Ho"), ("Tzu-Han", "Ho")),
    ),
    "Romanian, Portuguese, Spanish": (
        (("Ştefan", "Popescule"), ("Stefan", "Popesculé")),
        (("João", "da Silveira"), ("Joao", "Silveira")),
        (("María José", "de la Cruz Peña"), ("Maria", "Delacruz")),
        (("Răzvan", "Ionescar"), ("Razvan", "Ionescar")),
        (("Íñigo", "Etxeberria"), ("Inigo", "Echeverria")),
        (("Ana Sofía", "Muñozar"), ("Ana Sofia", "Munozar")),
        (("Beatriz", "Gonçalvesa"), ("Beatris", "Goncalvesa")),
        (("Ileana", "Dumitru-Pop"), ("Ileana", "Pop")),
    ),
}


def show(console: Console) -> None:
    """A row for each origin: how many are found, and what was not."""
    population = Population()
    kindred = Kindred(Random(_SEED))
    for place, kin in enumerate(kindred.people(OTHERS)):
        population.add(str(place), traits_of(kin.given, kin.family, kin.born, kin.sex, kin.postcode))
    scorer = Scorer(read_weights(None), population)
    table = Table("names", "found", "not found", box=None)
    for origin, pairs in NAMES.items():
        missed = [pair for pair in pairs if not _found(scorer, population, *pair)]
        said = "; ".join(f"{' '.join(one)} / {' '.join(other)}" for one, other in missed)
        table.add_row(origin, f"{len(pairs) - len(missed)} of {len(pairs)}", said)
    console.print(table)


def _found(scorer: Scorer, population: Population, one: Written, other: Written) -> bool:
    population.add("one", traits_of(*one, _BORN, "F", "ZX11 1AA"))
    ranked = scorer.rank(traits_of(*other, _BORN, "F", "ZY22 2BB"), CURRENT.asked_from)
    population.remove("one")
    return any(candidate.person == "one" for candidate in ranked)
