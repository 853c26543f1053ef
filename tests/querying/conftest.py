from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.querying.shelf import Shelf, app_of, hotels, many_hotels, served


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Two indexes of hotels, one of 40 and one of 2,600."""
    return Shelf(hotels=hotels(40), **{"many-hotels": many_hotels(2_600)})


@pytest.fixture(scope="session")
def address(shelf: Shelf) -> Iterator[str]:
    with served(app_of(shelf)) as url:
        yield url
