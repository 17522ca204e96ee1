"""Short and familiar forms of given names, and the names that they stand for. General knowledge of English use.

For scores a form says something whichever it is. The rules go by those with a star alone (and those with a plus, which
scores leave out): the others are names of their own as often, and of two brothers one may be Jack and the other John.
"""

_TABLE = """
abigail: *abby *abbie abi gail
alexander: *alex alec xander sandy lex sasha alexandr
alexandra: *alex sandra lexi lexie sasha ali alexa
alexis: +alex
alfred: alf alfie *fred freddie
alison: ali allie
amelia: millie milly amy mia
andrew: *andy drew
angela: angie ange
anna: annie ann anne ana
annabel: bella belle annie
anthony: tony ant antony
arthur: art artie
barbara: barb babs barbie
benjamin: *ben benny benji benjy
bernard: bernie
bethany: *beth
bradley: brad
caroline: carrie caro carol
cameron: cam
catherine: cathy *kate *katie kathy kat cat kit kitty katy cath
christian: +chris
katherine: cathy *kate *katie kathy kat kit kitty katy kath
kathryn: *kate *katie kathy kat katy
charles: *charlie charley chas chuck
charlotte: *charlie lottie lotty char
christina: tina chris chrissie
christine: tina *chris chrissie
christopher: *chris kit topher
claudia: claud
daniel: *dan *danny
daniella: dani dannie ella
david: *dave davy davey dai
deborah: deb debs debbie debby
dominic: dom
dorothy: dot dottie dolly
edmund: *ed eddie ned ted
edward: *ed eddie ned ted teddy
edwin: *ed eddie
eleanor: *ellie nell nelly nora elle ella
elizabeth: *liz lizzie *beth betty betsy eliza libby lisa bess *ellie elsie elspeth
ellen: *ellie nell
emily: em emmy millie
emma: em emmy
esther: essie hettie
evelyn: eve evie
frances: fran frankie fanny
francesca: fran frankie chess cesca
francis: frank frankie fran
frederick: *fred freddie freddy rick
gabriel: gabe
gabriella: gabby ella
george: georgie
georgia: georgie
georgina: georgie gina
gerald: gerry jerry
gregory: *greg
hannah: han
harold: harry hal
harriet: hattie harri
harrison: harry
henry: harry hal hank
imogen: immy immie
isaac: zac ike
isabel: izzy bella belle isy issy
isabella: izzy bella belle issy
jack: jackie
jacob: *jake
jacqueline: jackie jacqui
james: jim jimmy jamie jem
jane: janey janie
janet: jan
jasmine: jas jazz
jennifer: jen jenny jenni
jeremy: jerry jez
jessica: *jess jessie
joanna: jo joanne
john: jack johnny jon jonny
jonathan: jon jonny jonty nathan
joseph: *joe joey jos
josephine: jo josie
joshua: *josh
judith: judy jude
julia: jules julie
kenneth: ken kenny
kimberley: kim kimmy
lawrence: larry laurie
leonard: len lenny leo
leonardo: leo
lewis: lew
lillian: lily lil
louis: lou louie
louisa: lou lulu
louise: lou lulu
lucas: luke
lucille: lucy
madeleine: *maddie maddy
madison: *maddie maddy
margaret: maggie meg peggy marge margie greta rita megan
martin: marty
mary: molly polly
matilda: tilly mattie
matthew: *matt matty
maximilian: max
megan: meg
melanie: mel
melissa: mel missy lissa
michael: *mike mick micky mickey mikey
michelle: shelly chelle
mohammed: mo
natalie: *nat
natasha: *nat tasha
nathan: *nat nate
nathaniel: *nat nate nathan
nicholas: *nick nicky nico
nicola: nicky nic nikki
niamh: neve
oliver: *ollie olly
olivia: liv livvy livia ollie
oscar: ozzy
pamela: pam
patricia: pat trish tricia patsy
patrick: pat paddy
penelope: penny
peter: pete
philip: phil pip
phillip: phil pip
phillipa: pippa pip
philippa: pippa pip
rachel: rach
raymond: ray
rebecca: *becky becca bec
reginald: reg reggie
richard: rick ricky dick richie rich
robert: bob bobby *rob robbie bert
roberta: bobbie
roger: rodge
ronald: ron ronnie
rosemary: rose rosie
rosalind: ros
rupert: rupe
russell: russ
samantha: *sam sammy
samuel: *sam sammy
sandra: sandy
sarah: sally sadie
sean: shaun shawn shane
sebastian: seb bas
sidney: sid
simon: si
sophia: sophie soph
stanley: stan
stephanie: steph stevie
stephen: *steve stevie ste
steven: *steve stevie ste
susan: sue susie suzie
susannah: sue susie anna
sydney: syd
tabitha: tabby
terence: terry
theodore: ted teddy theo
theodora: thea dora theo
theresa: terry tess tessa
thomas: *tom tommy
timothy: *tim timmy
tobias: *toby
valerie: val
victor: vic
victoria: vicky vic tori
vincent: vince vinny
violet: vi
walter: wally walt
wilfred: wilf will
william: *will bill billy liam willie willy wills
winifred: winnie
yusuf: joe
zachariah: zac zach zak zack
zachary: *zac *zach zak zack
"""


_ROWS = tuple((full, forms.split()) for full, _, forms in (row.partition(":") for row in _TABLE.strip().splitlines()))


def _by_form(marks: str) -> dict[str, tuple[str, ...]]:
    """The names that each form stands for; of the forms that bear one of the marks, or none where that is a blank."""
    found: dict[str, set[str]] = {}
    for full, forms in _ROWS:
        for form in forms:
            if (form[0] if form[0] in "*+" else " ") in marks:
                found.setdefault(form.lstrip("*+"), set()).add(full)
    return {form: tuple(sorted(fulls)) for form, fulls in found.items()}


_FOR_SCORES, _FOR_RULES = _by_form(" *"), _by_form("*+")

FAMILIAR: dict[str, tuple[str, ...]] = {
    full: kept for full, forms in _ROWS if (kept := tuple(form.lstrip("*") for form in forms if form[0] != "+"))
}
"""A name, and its short and familiar forms."""


def full_forms(word: str) -> tuple[str, ...]:
    """The word itself, and the names that it is a familiar form of."""
    return (word, *_FOR_SCORES.get(word, ()))


def stands_for(word: str) -> tuple[str, ...]:
    """The names that a rule takes a word for: itself, or what it is a short form of."""
    return _FOR_RULES.get(word, (word,))
