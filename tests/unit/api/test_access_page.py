from tests.support.access_page import PAGE, page


def test_the_page_says_what_the_tables_say():
    assert PAGE.read_text() == page(), "run `python -m tests.support.access_page`"
