from hub.core.measures.catalogue import MEASURES
from tests.support.measures_page import PAGE, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "make it anew: python -m tests.support.measures_page"


def test_every_measure_is_on_it():
    assert all(f"(`{measure.id}`;" in page() for measure in MEASURES)
