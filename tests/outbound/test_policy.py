"""What a function may reach."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from storage_helpers import device_module

names = device_module("names")
policy = device_module("outbound.policy")


def may_ask(allow, host, port=443):
    try:
        policy.check_host(allow, host, port, host)
    except policy.Refused as e:
        assert str(e) == f"{host} is not allowed; add it to [fetch] allow in edgelet.toml"
        return False
    return True


@pytest.mark.parametrize(
    ("allow", "host", "port", "expected"),
    [
        ([], "api.example.com", 443, False),
        (["api.example.com"], "api.example.com", 443, True),
        (["api.example.com"], "api.example.com", 8080, True),
        (["api.example.com"], "api.example.com.", 443, True),
        (["api.example.com"], "example.com", 443, False),
        (["api.example.com"], "xapi.example.com", 443, False),
        (["api.example.com"], "api.example.com.evil.org", 443, False),
        (["api.example.com:8443"], "api.example.com", 8443, True),
        (["api.example.com:8443"], "api.example.com", 443, False),
        (["*.example.org"], "a.example.org", 443, True),
        (["*.example.org"], "a.b.example.org", 443, True),
        (["*.example.org"], "example.org", 443, False),
        (["*.example.org"], "aexample.org", 443, False),
        (["*.example.org:80"], "a.example.org", 443, False),
        (["192.168.1.20:8080"], "192.168.1.20", 8080, True),
        (["192.168.1.20:8080"], "192.168.1.20", 80, False),
        (["192.168.1.20"], "192.168.1.21", 80, False),
        (["[fd00::1]"], "[fd00::1]", 80, True),
        (["[fd00:0:0::1]:8080"], "[fd00::1]", 8080, True),
        (["[fd00::1]:8080"], "[fd00::1]", 80, False),
        (["fd00::1"], "[fd00::1]", 80, False),
        (["*"], "anything.example", 443, True),
        (["*:443"], "anything.example", 80, False),
        (["*"], "8.8.8.8", 443, True),
        (["*"], "127.0.0.1", 443, False),
        (["*"], "[::1]", 443, False),
        (["*"], "[::ffff:7f00:1]", 443, False),
        (["127.0.0.1"], "[::ffff:7f00:1]", 443, False),
        (["*"], "[64:ff9b::a00:1]", 443, False),
        (["*"], "[2606:4700::1111]", 443, True),
        (["*", "127.0.0.1"], "127.0.0.1", 443, True),
        (["*.0.0.1"], "127.0.0.1", 443, False),
    ],
)
def test_hosts(allow, host, port, expected):
    assert may_ask(allow, host, port) == expected


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.8.8.8", "loopback"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", ""),
        ("192.168.0.1", "private"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "metadata"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),
        ("0.0.0.0", "reserved"),
        ("224.0.0.251", "multicast"),
        ("255.255.255.255", "reserved"),
        ("1.1.1.1", ""),
        ("::", "reserved"),
        ("::1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:1.1.1.1", ""),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("ff02::fb", "multicast"),
        ("2002:7f00:1::", "reserved"),
        ("2001:0:53aa::", "reserved"),
        ("::127.0.0.1", "reserved"),
        ("2606:4700::1111", ""),
    ],
)
def test_addresses(address, kind):
    packed = ipaddress.ip_address(address).packed
    assert policy.special(packed) == kind
    refused = False
    try:
        policy.check_address(["host.example"], "host.example", packed, 443)
    except policy.Refused as e:
        refused = True
        assert str(e).startswith(f"host.example has the {kind} address ")
    assert refused == bool(kind)
    literal = f"[{address}]" if ":" in address else address
    policy.check_address(["host.example", f"{literal}:443"], "host.example", packed, 443)


@given(st.ip_addresses())
@example(ipaddress.ip_address("198.51.100.1"))
def test_what_python_takes_for_private_is_not_public(address):
    if not address.is_global or address.is_multicast:
        assert policy.special(address.packed)


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*:443",
        "a.example",
        "*.a.example:1",
        "localhost",
        "192.168.1.20:8080",
        "[fd00::1]",
        "[fd00::1]:65535",
        "1.2.3.4",
    ],
)
def test_what_may_be_named(text):
    assert names.reachable(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "A.example",
            "http://a.example",
            "a.example/",
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "a:b",
            "*a",
        ),
        *(
            "*.",
            "**.a.example",
            "a.*.example",
            "fd00::1",
            "[fd00::1",
            "[a.example]",
            "a..b",
            ".a",
            "a b",
            "a@b",
            7,
            None,
        ),
    ],
)
def test_what_may_not_be_named(text):
    with pytest.raises(ValueError, match=r"^fetch\.allow .*: use a host such as api\.example\.com"):
        names.reachable(text)
