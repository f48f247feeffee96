"""npm packages as they come, each doing its job through HTTP requests; what they answer in Node.js is the reference."""

import json
import re

import pytest
from aws_signature import problem
from edgelet_host.errors import EdgeletError
from edgelet_host.paths import ROOT
from edgelet_host.project.bundle import collect_sources, compile_sources
from edgelet_host.release.parts import ensure_compiler_wasm
from package_helpers import FOLDER, NAMES, running_packages

# One device for all.
pytestmark = pytest.mark.xdist_group("packages")


@pytest.fixture(scope="module")
def packages(firmware, tmp_path_factory):
    with running_packages(firmware, tmp_path_factory.mktemp("packages")) as packages:
        yield packages


def said(answer, wanted):
    """A body, as JSON where that is wanted."""
    return answer if isinstance(wanted, str) else json.loads(answer)


def fields(headers):
    """Header fields without those that say how a message is sent. Only Set-Cookie is more than one value."""
    names = {name for name, _ in headers} - {"content-length", "transfer-encoding", "connection", "date"}
    found = {name: [value for key, value in headers if key == name] for name in names}
    return {name: values if name == "set-cookie" else [", ".join(values)] for name, values in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_package_does_its_job(packages, name):
    reference = packages.reference[name]
    asked = list(zip(reference["requests"], reference["answers"], strict=True))
    for request, node in asked:
        # What the file says is what Node.js answers.
        wanted = request["answer"]
        assert (node["status"], said(node["body"], wanted)) == (request.get("status", 200), wanted), request
    if lacks := reference.get("lacks"):
        assert lacks["error"] in failure(packages, name, reference["requests"][0])
        return
    packages.deploy(name)
    for request, node in asked:
        got = packages.ask(request)
        wanted = request["answer"]
        assert (got.status, said(got.body, wanted)) == (node["status"], wanted), (request, packages.box.logs()[-1])
        headers = fields(got.headers)
        assert {key: headers.get(key) for key in fields(node["headers"])} == fields(node["headers"]), request
        for key, value in request.get("answerHeaders", {}).items():
            assert headers[key] == ([value] if isinstance(value, str) else value), request


def failure(packages, name, request):
    """The error of a handler that cannot be deployed, or fails at a request."""
    try:
        packages.deploy(name)
    except EdgeletError as error:
        return str(error)
    assert packages.ask(request).status == 500
    return packages.box.logs()[-1]["text"]


@pytest.mark.slow
def test_the_compiler_for_any_computer_makes_the_same_bundles(packages):
    wasm = ensure_compiler_wasm()
    for name in NAMES:
        project = packages.project(name)
        try:
            sources = collect_sources(project)
        except EdgeletError:
            assert packages.reference[name].get("lacks"), name
            continue
        bundles = [compile_sources(project, sources, one).data for one in (packages.box.firmware, wasm)]
        assert bundles[0] == bundles[1], name


def test_the_page_about_packages_has_all_of_them():
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", (ROOT / "docs" / "packages.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in rows) == NAMES
    versions = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    told = dict(pin.rsplit(" ", 1) for _, pins in rows for pin in pins.split(", "))
    assert told == {name: version for name, version in versions.items() if name in told}
    # The others are there because these need them beside them.
    assert versions.keys() - told.keys() <= {"file-type"}


# From the examples that AWS published with the algorithm: get-vanilla.
VANILLA = {
    "host": "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
    "SignedHeaders=host;x-amz-date, "
    "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
}


@pytest.mark.parametrize(
    ("method", "target", "body", "changed", "found"),
    [
        ("GET", "/", b"", {}, ""),
        ("POST", "/", b"", {}, "wrong signature"),
        ("GET", "/?a", b"", {}, "wrong signature"),
        ("GET", "/", b"a", {}, "wrong signature"),
        ("GET", "/", b"", {"host": "example.org"}, "wrong signature"),
        ("GET", "/", b"", {"x-amz-date": "20150831T000000Z"}, "a signature of something else"),
        ("GET", "/", b"", {"authorization": "Basic YTpi"}, "no signature"),
    ],
)
def test_the_server_that_checks_signatures_knows_right_from_wrong(method, target, body, changed, found):
    assert problem(method, target, VANILLA | changed, body, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") == found
