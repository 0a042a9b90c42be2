import sys

import pytest

from engine import extras
from engine.errors import ConfigurationError
from engine.execution.opening import open_ledger


@pytest.mark.parametrize(
    ("module", "extra"),
    [("duckdb", "embedded"), ("psycopg.pq", "postgresql"), ("starlette", "service"), ("prometheus_client", "service")],
)
def test_the_extra_that_brings_a_package(module: str, extra: str) -> None:
    found = extras.advice(ModuleNotFoundError("…", name=module))
    assert found is not None
    assert f"the package {module.partition('.')[0]} is not installed" in found
    assert found.endswith(f".whl[{extra}]'")


@pytest.mark.parametrize("module", ["lxml", "engine.nothing", None])
def test_what_no_extra_brings(module: str | None) -> None:
    assert extras.advice(ModuleNotFoundError("…", name=module)) is None


@pytest.mark.parametrize(
    ("url", "package", "module", "extra"),
    [
        ("duckdb:///ledger.duckdb", "duckdb", "engine.execution.duckdb.driver", "embedded"),
        ("postgresql://host/ledger", "psycopg", "engine.execution.postgresql.driver", "postgresql"),
    ],
)
def test_a_ledger_whose_extra_is_missing(
    url: str, package: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=rf"the ledger is {url[:6]}.*package {package} .*\[{extra}\]"):
        open_ledger(url, timeout=1)
