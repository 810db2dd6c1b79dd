"""A10: no proxy of the environment may catch what never leaves this machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stock_assets.errors import ConfigError
from stock_assets.vendors.proxies import check_loopback_is_direct, with_loopback_direct

PROXY = "http://proxy.example:3128"
ALL = "127.0.0.1,localhost,::1"
SPELLINGS = ("NO_PROXY", "no_proxy", "no_grpc_proxy")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """This process's own environment, without any proxy."""
    for name in ("HTTP", "HTTPS", "ALL", "GRPC", "NO", "NO_GRPC"):
        monkeypatch.delenv(f"{name}_PROXY", raising=False)
        monkeypatch.delenv(f"{name}_proxy".lower(), raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    return monkeypatch


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("spelt", [str.upper, str.lower], ids=["upper", "lower"])
def test_a_proxy_that_would_catch_this_machine_is_refused_with_the_cure(
    environment: pytest.MonkeyPatch, variable: str, spelt: Callable[[str], str]
) -> None:
    environment.setenv(spelt(variable), PROXY)
    with pytest.raises(ConfigError, match=r"add 127\.0\.0\.1,localhost to NO_PROXY") as refused:
        check_loopback_is_direct()
    assert refused.value.value == variable
    assert "proxy.example" not in str(refused.value)
    environment.setenv(spelt("NO_PROXY"), "127.0.0.1,localhost")
    check_loopback_is_direct()


def test_without_any_proxy_nothing_is_refused(environment: pytest.MonkeyPatch) -> None:
    check_loopback_is_direct()
    environment.setenv("HTTP_PROXY", "")
    check_loopback_is_direct()
    environment.setenv("ftp_proxy", PROXY)
    check_loopback_is_direct()


@pytest.mark.parametrize(
    ("exceptions", "caught"),
    [
        ("", ["127.0.0.1", "localhost"]),
        ("localhost", ["127.0.0.1"]),
        ("127.0.0.1", ["localhost"]),
        ("10.0.0.1, LOCALHOST , 127.0.0.1", []),
        ("*", []),
        # Not every library reads a range.
        ("127.0.0.0/8,localhost", ["127.0.0.1"]),
        ("127.0.0.1:8080,localhost", ["127.0.0.1"]),
    ],
)
def test_exceptions_count_as_the_standard_library_reads_them(
    exceptions: str, caught: list[str]
) -> None:
    proxies = {"http": PROXY, "no": exceptions}
    if not caught:
        check_loopback_is_direct(proxies)
        return
    with pytest.raises(ConfigError) as refused:
        check_loopback_is_direct(proxies)
    assert f"for {' and '.join(caught)}, which" in refused.value.reason


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, {}),
        ({"no_proxy": "internal"}, {}),
        ({"HTTP_PROXY": ""}, {}),
        ({"HTTP_PROXY": PROXY}, dict.fromkeys(SPELLINGS, ALL)),
        ({"all_proxy": PROXY}, dict.fromkeys(SPELLINGS, ALL)),
        (
            {"http_proxy": PROXY, "NO_PROXY": "internal, localhost"},
            dict.fromkeys(SPELLINGS, "internal,localhost,127.0.0.1,::1"),
        ),
        (
            {"http_proxy": PROXY, "NO_PROXY": "a", "no_proxy": "b", "no_grpc_proxy": "c"},
            {"NO_PROXY": f"a,{ALL}", "no_proxy": f"b,{ALL}", "no_grpc_proxy": f"c,{ALL}"},
        ),
        # gRPC takes an asterisk for a name.
        ({"http_proxy": PROXY, "no_proxy": "*"}, {"no_grpc_proxy": ALL}),
    ],
)
def test_what_is_excepted_stays_so_and_this_machine_is_too(
    given: dict[str, str], changed: dict[str, str]
) -> None:
    assert with_loopback_direct(given) == changed
    assert with_loopback_direct({**given, **changed}) == changed


def test_what_is_set_satisfies_the_check(environment: pytest.MonkeyPatch) -> None:
    given = {"HTTP_PROXY": PROXY, "https_proxy": PROXY, "NO_PROXY": "internal"}
    for name, value in {**given, **with_loopback_direct(given)}.items():
        environment.setenv(name, value)
    check_loopback_is_direct()
