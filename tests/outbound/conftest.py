"""What tests of TLS are tried with: an authority of their own for all tests of a file."""

import pytest
from authority import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Its certificate is authority.pem in its folder."""
    return Authority(tmp_path_factory.mktemp("ca"), "authority")
