"""Node.js' modules as Node.js has them: the same scripts run there and on a device, and find the same.

A script in `scripts` exports a function, which is given `is(label, value)`, `throws(label, action)` and
`rejects(label, promise)` to write down what it finds (record.mjs). Where a device finds something else,
differences.toml says which labels and why.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from device_helpers import Box, running, write_project
from edgelet_host.device.deployment import make_release
from edgelet_host.paths import ROOT
from edgelet_host.project.config import read_project

FOLDER = Path(__file__).parent
SCRIPTS = sorted(path.stem for path in (FOLDER / "scripts").glob("*.mjs"))
DIFFERENCES: dict[str, list[dict[str, Any]]] = tomllib.loads((FOLDER / "differences.toml").read_text())
Findings = dict[str, str]


def main_of(names: list[str]) -> str:
    imports = [f'import {name} from "./{name}.mjs";' for name in names]
    return f"""{" ".join(imports)} import {{ record }} from "./record.mjs";
        const scripts = {{ {", ".join(names)} }};
        export default {{
            async fetch(request) {{
                return Response.json(await record(scripts[new URL(request.url).pathname.slice(1)]));
            }},
        }};
    """


@pytest.fixture(scope="module")
def here(firmware: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    files = {path.name: path.read_text() for path in [*(FOLDER / "scripts").glob("*.mjs"), FOLDER / "record.mjs"]}
    with running(firmware, tmp_path_factory.mktemp("node")) as box:
        limits = {"cpu_ms": 5000, "memory": 16 * 1024 * 1024}
        shutil.copytree(FOLDER / "public", box.folder / "node" / "public")
        box.deploy("node", {"main.js": main_of(SCRIPTS), **files}, limits=limits, static={"folder": "public"})
        yield box


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Findings]:
    folder = tmp_path_factory.mktemp("there")
    for path in [*(FOLDER / "scripts").glob("*.mjs"), FOLDER / "record.mjs"]:
        shutil.copy(path, folder)
    shutil.copytree(FOLDER / "public", folder / "public")
    (folder / "main.mjs").write_text(
        f"""import {{ record }} from "./record.mjs";
        const found = {{}};
        for (const name of {json.dumps(SCRIPTS)}) found[name] = await record((await import(`./${{name}}.mjs`)).default);
        process.stdout.write(JSON.stringify(found), () => process.exit());
        """
    )
    command = ["node", "--no-warnings", folder / "main.mjs"]
    environment = {"TZ": "UTC", "PATH": _path()}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    return {name: dict(found) for name, found in json.loads(done.stdout).items()}


def _path() -> str:
    return str(Path(shutil.which("node") or "node").parent)


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("name", SCRIPTS)
def test_finds_what_node_finds(there: dict[str, Findings], here: Box, name: str) -> None:
    answer = here.get(f"/{name}")
    assert answer.status == 200, here.logs()[-1]
    found = dict(answer.json())
    assert found.keys() == there[name].keys()
    expected = {label for one in DIFFERENCES.get(name, []) for label in one["labels"]}
    differing = {label: (found[label], there[name][label]) for label in found if found[label] != there[name][label]}
    assert differing.keys() == expected, {label: differing.get(label) for label in differing.keys() ^ expected}


@pytest.mark.xdist_group("node")
def test_there_are_enough(there: dict[str, Findings]) -> None:
    assert sum(map(len, there.values())) >= 400
    assert all(one["reason"] for several in DIFFERENCES.values() for one in several)


@pytest.mark.slow
def test_hashes_bring_no_streams_along(here: Box) -> None:
    source = """import { createHash } from "node:crypto";
        export default { fetch() {
            const hash = createHash("sha256").update("a");
            try { hash.pipe(null) } catch (error) { return new Response(`${error.message}: ${hash.digest("hex")}`) }
        } };"""
    image_bytes = here.deploy("hashes", source, route="/hashes").image_bytes
    digest = hashlib.sha256(b"a").hexdigest()
    assert here.get("/hashes").text == f"Hash is a stream where the bundle has node:stream: import that, too: {digest}"
    assert image_bytes < 400_000


@pytest.mark.slow
def test_key_objects_for_the_firmwares_jsonwebtoken(here: Box) -> None:
    source = """import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
        import jwt from "jsonwebtoken";
        const told = (error) => `${error.name}: ${error.message}`;
        const tried = (action) => { try { return action() } catch (error) { return told(error) } };
        export default { fetch() {
            const curves = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
            const pairOf = ([alg, namedCurve]) => [alg, generateKeyPairSync("ec", { namedCurve })];
            const pairs = Object.entries(curves).map(pairOf);
            pairs.push(["EdDSA", generateKeyPairSync("ed25519")]);
            const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
            pairs.push(["RS256", rsa], ["PS384", rsa]);
            const secret = createSecretKey(randomBytes(32));
            const found = pairs.map(([algorithm, { privateKey, publicKey }]) => {
                const token = jwt.sign({ sub: "ada" }, privateKey, { algorithm });
                return [publicKey, privateKey, createPublicKey(privateKey)].map((key) => jwt.verify(token, key).sub);
            });
            const [, { privateKey, publicKey }] = pairs[0];
            const token = jwt.sign({ sub: "ada" }, secret);
            return Response.json([
                found.flat().every((one) => one === "ada"), found.flat().length, jwt.verify(token, secret).sub,
                tried(() => jwt.sign({}, publicKey, { algorithm: "ES256" })),
                tried(() => jwt.verify(token, rsa.publicKey)),
                tried(() => jwt.verify(jwt.sign({}, privateKey, { algorithm: "ES256" }), secret)),
                tried(() => jwt.sign({}, createSecretKey(randomBytes(31)))),
                tried(() => jwt.sign({}, { [Symbol.toStringTag]: "KeyObject", export() { throw new Error("mine") } })),
                tried(() => jwt.sign({}, { [Symbol.toStringTag]: "KeyObject", export: () => "text" })),
                tried(() => jwt.verify(token, { [Symbol.toStringTag]: "KeyObject", export: () => ({ get kty() {
                    throw new RangeError("mine, too");
                } }) })),
                tried(() => jwt.sign({}, { [Symbol.toStringTag]: "KeyObject" })),
            ]);
        } };"""
    here.deploy("objects", source, route="/objects", limits={"cpu_ms": 5000})
    answer = here.get("/objects")
    assert answer.status == 200, here.logs()[-1]
    assert answer.json() == [
        *[True, 18, "ada", "Error: ES256 signs with a private key"],
        "JsonWebTokenError: the secret must be a string, an ArrayBuffer or a view of one",
        "JsonWebTokenError: ES256 needs a key of the curve P-256: PEM, a JSON Web Key or a CryptoKey for it",
        "Error: the secret for HS256 must have at least 32 bytes",
        "Error: mine",
        "Error: the secret must be a string, an ArrayBuffer or a view of one",
        "RangeError: mine, too",
        "TypeError: not a function",
    ]


# Of cluster and worker_threads, whether this is one is there.
ABSENT = [
    "child_process",
    "cluster",
    "dgram",
    "dns",
    "domain",
    "http2",
    "inspector",
    "readline",
    "repl",
    "sea",
    "sqlite",
    "test",
    "tls",
    "trace_events",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
]


def test_what_is_absent_says_so(here: Box) -> None:
    imports = "".join(f'import * as {name} from "node:{name}";\n' for name in ABSENT)
    source = f"""{imports}
        const modules = {{ {", ".join(ABSENT)} }};
        export default {{ fetch() {{
            const found = {{}};
            for (const [module, all] of Object.entries(modules)) {{
                found[module] = {{}};
                for (const [name, one] of Object.entries(all.default ?? all)) {{
                    if (typeof one !== "function") continue;
                    try {{
                        one("a", () => {{}});
                        found[module][name] = ["nothing", ""];
                    }} catch (error) {{
                        found[module][name] = [error.code, error.message];
                    }}
                }}
            }}
            return Response.json(found);
        }} }};"""
    folder = write_project(here.folder / "absent", "absent", {"main.js": source}, route="/absent")
    warnings = make_release(read_project(folder), here.firmware).warnings
    for name in ABSENT:
        assert f"main.js imports node:{name}, which devices do not have" in " ".join(warnings), name
    here.deploy("absent", source, route="/absent", limits={"memory": 8 << 20})
    answer = here.get("/absent")
    assert answer.status == 200, here.logs()[-1]
    for module, functions in answer.json().items():
        assert functions or module in ("cluster",), module
        for name, (code, text) in functions.items():
            start = f"{name} of node:{module} is not there on a device: "
            assert code == "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM" and text.startswith(start), (module, name, text)
            assert len(text) > len(start) + 10, text


@pytest.mark.slow
def test_what_is_absent_of_crypto_says_so(here: Box) -> None:
    source = """import * as crypto from "node:crypto";
        const names = ["createDiffieHellman", "X509Certificate", "generatePrimeSync", "setEngine"];
        export default { fetch() {
            return Response.json(names.map((name) => {
                try { return new crypto[name]("a") } catch (error) { return error.message }
            }));
        } };"""
    here.deploy("less", source, route="/less")
    ways = {
        "createDiffieHellman": "use createECDH, or diffieHellman with keys of x25519",
        "X509Certificate": "createPublicKey reads a certificate's key, and the npm package @peculiar/x509 the rest",
        "generatePrimeSync": "use crypto.subtle, or an npm package in pure JavaScript",
        "setEngine": "there is no OpenSSL",
    }
    said = [f"{name} of node:crypto is not there on a device: {way}" for name, way in ways.items()]
    assert here.get("/less").json() == said


def test_sizes_stand_in_both_documents() -> None:
    pages = [(ROOT / "docs" / name).read_text() for name in ("node.md", "api.md")]
    wanted = dict(re.findall(r"^\| (`[^|]+`) \|.*\| ([0-9]+) \|$", pages[0], re.MULTILINE))
    table = re.search(r"32 bits, KB \|\n\|[-| ]+\n((?:\|.*\n)*)", pages[1])
    assert table and dict(re.findall(r"\| (.*) \| ([0-9]+) \|\n", table[1])) == wanted
    assert len(wanted) >= 24
