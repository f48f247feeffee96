"""`edgelet serve` and `edgelet dev`: the gateway, and what people develop on."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
import serial
from cli_helpers import GREETING, ROOT, Cli, greeting
from device_helpers import free_port, get, request, write_project, write_script
from edgelet_host.device.local import reserved, start, take_address
from edgelet_host.errors import EdgeletError
from waiting import wait_until


def read_to(process: subprocess.Popen[str], text: str) -> str:
    """The next line of what it says on which the text is."""
    line = ""
    while text not in line:
        line = process.stderr.readline()
        assert line, f"it ended before it said {text!r}"
    return line


@contextmanager
def attended(cli: Cli, ready: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run `edgelet dev` or `edgelet serve`, which has said that it is ready when this begins, until Ctrl-C."""
    process = subprocess.Popen(
        cli.command(*words),
        env=cli.environment(),
        cwd=cli.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        read_to(process, ready)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def test_serve_keeps_functions_and_prints_the_log(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    for run in range(2):
        process = subprocess.Popen(
            cli.command("serve", "--data", "data", "--port", str(port), "--host", "127.0.0.1"),
            env=cli.environment(),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert f"edgelet serve: http://localhost:{port}" in process.stderr.readline()
            if run == 0:
                # The device that runs here is the default one.
                cli.ok("deploy", greeting(tmp_path, "kept"))
            assert get(("127.0.0.1", port), "/kept").status == 200
            line = ""
            while "[kept] asked" not in line:
                line = process.stdout.readline()
                assert line
            if run == 1:
                # As Linux does where memory has run out.
                for child in children(process.pid):
                    os.kill(int(child), signal.SIGKILL)
                process.wait()
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate()
        log = tmp_path / "data" / "device.log"
        said = ["Stopped.", f"Error: the local device ended by signal 9: see {log}, and start it again"]
        assert (process.returncode, errors.strip()) == (run, said[run])


def children(process: int | str) -> list[str]:
    """Give the processes that a process has started."""
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_serve_has_a_worker_for_each_core_or_as_many_as_are_asked_for(firmware, tmp_path, workers):
    cli = Cli(tmp_path)
    words = [] if workers is None else ["--workers", str(workers)]
    count = workers or len(os.sched_getaffinity(0))
    with attended(cli, "edgelet serve: ", "serve", "--data", "data", "--port", str(free_port()), *words) as process:
        # The device is its child, and forks an owner, too, where there are several workers.
        [device] = children(process.pid)
        wait_until(lambda: len(children(device)) == (count + 1 if count > 1 else 0))


def test_serve_refuses_a_number_of_workers_that_is_none(tmp_path):
    for number in ("0", "65"):
        assert (
            f"{number} is not in the range 1<=x<=64"
            in Cli(tmp_path).run("serve", "--data", "d", "--workers", number).err
        )


def test_serve_has_its_folder_for_itself(firmware, tmp_path):
    cli = Cli(tmp_path)
    for _ in range(2):
        ports = [free_port(), free_port()]
        commands = [["serve", "--data", "data", "--host", "127.0.0.1", "--port", str(port)] for port in ports]
        process = subprocess.Popen(
            cli.command(*commands[0]), env=cli.environment(), cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        try:
            assert "edgelet serve: " in process.stderr.readline()
            message = cli.fails(*commands[1])
            assert f"data is used by another edgelet (process {process.pid}, http://127.0.0.1:{ports[0]})" in message
        finally:
            # Its lock ends with it, however that ends.
            process.kill()
            process.communicate()


def test_serve_listens_on_this_computer_only_unless_told_otherwise(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    # All of 127/8 are addresses of this computer.
    with attended(cli, "edgelet serve: ", "serve", "--data", "data", "--port", str(port)):
        assert get(("127.0.0.1", port), "/").status == 404
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port)):
            pass
    with attended(cli, "edgelet serve: ", "serve", "--data", "data", "--port", str(port), "--host", "0.0.0.0") as other:
        assert get(("127.0.0.2", port), "/").status == 404
        used = f"port {port} is in use by another edgelet (process {other.pid})"
        assert used in cli.fails("serve", "--data", "more", "--port", str(port))


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("::1", "devices listen on IPv4: choose another address than ::1 with --host"),
        ("::", "devices listen on IPv4: choose another address than :: with --host"),
        ("", "cannot listen on : Name or service not known. Choose another address with --host"),
        *(
            (host, f"cannot listen on {host}: it stands for several computers. Choose another address with --host")
            for host in ("224.0.0.1", "255.255.255.255", "127.255.255.255")
        ),
        ("a..b", "a..b is no host name: choose an address with --host"),
        (
            "192.0.2.1",
            "cannot listen on 192.0.2.1: Cannot assign requested address. Choose another address with --host",
        ),
    ],
)
def test_an_address_where_nobody_can_listen_is_told_in_one_line(host, problem):
    with pytest.raises(EdgeletError, match=f"^{re.escape(problem)}$"):
        take_address(host, 0)


def test_two_that_start_at_once_do_not_get_one_port(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    in_use = f"port {port} is in use by another edgelet (process {os.getpid()}): stop that, or choose another"
    # The other one does not listen yet.
    with reserved("localhost", port):
        for command in (["serve", "--data", "data"], ["dev", greeting(tmp_path, "one")]):
            assert in_use in cli.fails(*command, "--port", str(port))
    with attended(cli, "edgelet serve: ", "serve", "--data", "data", "--port", str(port)) as process:
        message = cli.fails("serve", "--data", "other", "--port", str(port), "--host", "localhost")
        assert message == f"Error: {in_use.replace(str(os.getpid()), str(process.pid))} with --port\n"


def test_who_finds_its_port_taken_at_last_says_so(firmware, tmp_path):
    """As at 127.0.0.1 beside one at 0.0.0.0 that starts at the same time."""
    with start(firmware, tmp_path / "device", "127.0.0.1", free_port(), tmp_path / "log") as other:
        data, at = tmp_path / "late", f"{other.address[0]} --port {other.address[1]}"
        late = write_script(tmp_path / "late.sh", f"exec {firmware} -m edgelet.runtime {data} --host {at}")
        data.mkdir()
        with pytest.raises(EdgeletError, match=r"^port \d+ is in use: stop what uses it, or choose another"):
            start(late, data, "127.0.0.1", 0, tmp_path / "late.log").__enter__()


def test_the_port_of_a_device_is_given_to_nobody_else_when_it_does_not_listen(firmware, tmp_path):
    with start(firmware, tmp_path / "device", "127.0.0.1", 0, tmp_path / "log") as local:
        assert get(local.address, "/").status == 404
        local.process.kill()
        local.process.wait()
        with pytest.raises(OSError), socket.socket() as other:
            other.bind(local.address)


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def new_certificate(folder: Path, name: str, algorithm: Sequence[str] = EC) -> tuple[Path, Path]:
    """Make a certificate for `name` and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    new = ["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes"]
    subprocess.run([*new, "-subj", f"/CN={name}", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def shown_name(connection: http.client.HTTPSConnection) -> str:
    """The name in the certificate that a server shows, which the client does not check."""
    der = connection.sock.getpeercert(binary_form=True)
    words = ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "multiline"]
    done = subprocess.run(words, input=der, capture_output=True, check=True)
    return done.stdout.decode().rpartition("= ")[2].strip()


def test_serve_speaks_https_and_takes_a_renewed_certificate(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    first, second = new_certificate(tmp_path, "first"), new_certificate(tmp_path, "second")
    other_key = new_certificate(tmp_path, "third")[1]
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def place(new_cert: Path, new_key: Path) -> None:
        # The certificate comes with its chain, and both by a rename, as tools that renew them do.
        for file, text in ((key, new_key.read_text()), (cert, new_cert.read_text() + first[0].read_text())):
            fresh = tmp_path / "fresh"
            fresh.write_text(text)
            fresh.rename(file)

    def connected() -> http.client.HTTPSConnection:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.connect()
        return connection

    place(*first)
    with attended(
        cli, "edgelet serve: ", "serve", "--data", "data", "--port", str(port), "--cert", cert, "--key", key
    ) as process:
        cli.ok("deploy", greeting(tmp_path, "kept"))
        with closing(connected()) as old:
            assert shown_name(old) == "first"
            other_key.rename(key)
            assert f"Error: {key} is not the key of the certificate {cert}" in process.stderr.readline()
            with closing(connected()) as still:
                assert shown_name(still) == "first"
            place(*second)
            while "was renewed" not in (line := process.stderr.readline()):
                assert "Error: " in line  # between the two renames
            with closing(connected()) as new:
                assert shown_name(new) == "second"
            old.request("GET", "/kept")
            assert old.getresponse().status == 200


def test_serve_refuses_certificates_that_are_of_no_use(firmware, tmp_path):
    cli = Cli(tmp_path)
    cert, key = new_certificate(tmp_path, "mine")
    other_key = new_certificate(tmp_path, "other")[1]
    locked = tmp_path / "locked.key"
    encrypt = ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:word", "-out", locked]
    subprocess.run(encrypt, check=True, capture_output=True)

    def message(*args: str | Path) -> str:
        return cli.fails("serve", "--data", "data", "--port", str(free_port()), *args)

    assert "--cert and --key belong together" in cli.run("serve", "--data", "data", "--cert", cert).err
    assert f"cannot read {tmp_path / 'none'}" in message("--cert", tmp_path / "none", "--key", key)
    assert "are no certificate and key in PEM" in message("--cert", key, "--key", key)
    for other in (other_key, new_certificate(tmp_path, "rsa", ["rsa:2048"])[1]):
        assert f"{other} is not the key of" in message("--cert", cert, "--key", other)
    assert "the key is encrypted" in message("--cert", cert, "--key", locked)


@pytest.mark.slow
def test_dev_shares_its_device_with_other_commands(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    greeting(tmp_path, "first")
    environment = cli.environment() | {"PYTHONUNBUFFERED": "1"}
    command = cli.command("dev", "first", "--port", str(port))
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        read_to(process, "edgelet dev: http")
        for _ in range(5):
            assert cli.ok("list") == "first\n"
        cli.ok("env", "set", "WHO", "--function", "first", stdin="ada")
        assert " ada " in get(("127.0.0.1", port), "/first").text
        assert f"port {port} is in use" in cli.fails("dev", "first", "--port", str(port))
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 0
    assert errors.strip().endswith("Stopped.")


@pytest.mark.slow
def test_dev_has_what_its_projects_kept_and_nothing_of_others(firmware, tmp_path):
    cli, port = Cli(tmp_path), free_port()
    # One route, which two functions of one device cannot have.
    one, two = (write_project(tmp_path / name, name, {"main.js": GREETING}, route="/") for name in ("one", "two"))
    with attended(cli, "Next: ", "dev", one, "--port", str(port)):
        cli.ok("env", "set", "WHO", "--function", "one", stdin="ada")
    with attended(cli, "Next: ", "dev", two, "--port", str(port)):
        assert cli.ok("list") == "two\n"
        assert get(("127.0.0.1", port), "/").status == 200
    with attended(cli, "Next: ", "dev", one, "--port", str(port)):
        assert cli.ok("list") == "one\n"
        assert " ada " in get(("127.0.0.1", port), "/").text
    # Two of one name would take each other's place; one that is given twice is one.
    same = write_project(tmp_path / "same", "one", {"main.js": GREETING}, route="/same")
    with attended(cli, f"{same}: {one} has the name one, too", "dev", one, one, same, "--port", str(port)):
        assert get(("127.0.0.1", port), "/same").text.startswith("GET /same ")
        assert cli.ok("list") == "one\n"


@pytest.mark.parametrize("folder", ["checkout", "project"])
def test_dev_runs_the_login_example_in_a_checkout_else_this_folder(firmware, tmp_path, folder):
    cli = Cli(tmp_path)
    port = free_port()
    cwd = ROOT if folder == "checkout" else greeting(tmp_path, "mine", hosts=["example.com"])
    command = cli.command("dev", "--port", str(port))
    process = subprocess.Popen(command, env=cli.environment(), cwd=cwd, stderr=subprocess.PIPE, text=True)
    try:
        line, shown = "", ""
        while "Next: " not in line:
            line = process.stderr.readline()
            assert line
            shown += line
        if folder == "checkout":
            assert "POST /login" in get(("127.0.0.1", port), "/nothing").text
            body = '{"user": "ada", "password": "correct horse"}'
            assert request(("127.0.0.1", port), "POST", "/login", body).status == 200
        else:
            # It is alone, and its own name leads elsewhere.
            assert get(("127.0.0.1", port), "/mine").status == 200
            assert f"Next: open http://localhost:{port}/mine " in shown and "example.com" not in shown
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0


@pytest.mark.slow
def test_dev_brings_what_changed_while_another_program_had_the_console(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    project = greeting(tmp_path, "one")
    with attended(cli, "one ", "dev", project, "--port", str(port)) as process:
        console = re.search(r"console: (\S+),", read_to(process, "edgelet dev: http"))[1]
        with serial.Serial(console, exclusive=True):
            (project / "main.js").write_text("export default { fetch() { return new Response('changed') } }")
            assert f"{console} is used by another program: close it" in read_to(process, "Error: ")
            read_to(process, "Waiting until it is free ...")
        read_to(process, "one ")
        assert get(("127.0.0.1", port), "/one").text == "changed"


def test_dev_follows_several_projects_and_outlives_their_errors(firmware, tmp_path):
    cli = Cli(tmp_path)
    port = free_port()
    command = cli.command("dev", greeting(tmp_path, "one"), greeting(tmp_path, "two"), "--port", str(port))
    process = subprocess.Popen(
        command, env=cli.environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    wait_for = partial(read_to, process)

    def answer(name: str) -> str:
        return get(("127.0.0.1", port), f"/{name}").text

    def save(name: str, text: str) -> None:
        # Whole: else a look at it in between finds an empty file.
        fresh = tmp_path / "fresh"
        fresh.write_text(text)
        fresh.replace(tmp_path / "two" / name)

    try:
        wait_for("edgelet dev: http")
        told = f"Next: open http://localhost:{port}/one and change a file of the project: what you save is"
        assert wait_for("Next: ").startswith(told)
        assert "edgelet deploy one --device PORT" in wait_for("To a board: ")
        assert [answer(name)[:9] for name in ("one", "two")] == ["GET /one ", "GET /two "]
        save("main.js", "export default { fetch() { return new Response('changed') } }")
        assert f"http://localhost:{port}/two" in wait_for("two ")
        assert [answer("one")[:9], answer("two")] == ["GET /one ", "changed"]
        save("main.js", "export default {\n  fetch() { return new Response('broken' } }")
        assert f"{tmp_path / 'two'}: main.js:2:" in wait_for("Error: ")
        wait_for("Waiting for the next change")
        assert answer("two") == "changed"
        save("main.js", "export default { fetch() { return new Response('mended') } }")
        wait_for("is ready")
        save("edgelet.toml", 'name = "two"\nhosts = ["a.test", "b.test"]\nroute = "/two"\n')
        assert f": http://a.test:{port}/two http://b.test:{port}/two\n" in wait_for("is ready")
        save("edgelet.toml", 'name = "two"\nroute = "/two"\n')
        wait_for("is ready")
        assert answer("two") == "mended"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0
