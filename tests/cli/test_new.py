"""`edgelet new`: projects from templates."""

import re
import subprocess

import pytest
from browser import Browser
from device_helpers import get
from edgelet_host.project.config import read_project
from edgelet_host.project.declarations import TYPES
from edgelet_host.project.esbuild import ensure_esbuild


@pytest.mark.slow
@pytest.mark.parametrize("template", ["hello", "lambda", "static"])
def test_a_new_project_has_a_test_that_runs_and_can_be_deployed(cli, local, template):
    name = f"new-{template}"
    listed = cli.ok("new", name, "--template", template, "--javascript")
    assert f"{name}/edgelet.toml" in listed
    assert read_project(cli.folder / name).name == name
    assert not list((cli.folder / name).glob("*.ts"))
    done = cli.npm("test", cwd=cli.folder / name)
    assert done.returncode == 0, done.stdout
    assert "pass 1" in done.stdout
    cli.ok("deploy", name)
    assert f"<h1>{name}</h1>" in get(local.address, f"/{name}/").text
    if template != "static":
        assert get(local.address, f"/{name}/greeting").text == '{"message":"hello, world"}'


@pytest.mark.slow
def test_new_projects_in_typescript_have_tests_that_run_and_can_be_deployed(cli, local):
    for template, modules in {"hello": ["main.ts"], "lambda": ["main.ts"], "login": ["main.ts", "password.ts"]}.items():
        name = f"typed-{template}"
        # Where there is Node.js, it is the default.
        cli.ok("new", name, "--template", template)
        project = cli.folder / name
        assert sorted(path.name for path in project.glob("*.ts")) == [*modules, TYPES]
        assert sorted(project.glob("*.js")) == list(project.glob("*.test.js"))
        done = cli.npm("test", cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
        cli.ok("deploy", name)
        if template != "login":
            answer = get(local.address, f"/{name}/greeting?name=ada")
            assert (answer.status, answer.text) == (200, '{"message":"hello, ada"}')


@pytest.mark.slow
def test_the_typescript_of_templates_is_their_javascript(cli):
    strip = [ensure_esbuild("this test"), "--minify-whitespace", "--minify-syntax", "--format=esm"]
    for template in ("hello", "lambda", "login"):
        for language in ("typescript", "javascript"):
            cli.ok("new", f"{language}-{template}", f"--{language}", "--template", template)
        for path in (cli.folder / f"typescript-{template}").glob("[!w]*.ts"):
            plain = cli.folder / f"javascript-{template}" / path.with_suffix(".js").name
            told = [subprocess.run([*strip, file], capture_output=True, check=True).stdout for file in (path, plain)]
            assert told[0] == told[1]


@pytest.mark.parametrize(
    ("template", "language"),
    [(one, "javascript") for one in ("hello", "lambda", "login", "static")] + [("login", "typescript")],
)
def test_the_readme_of_a_new_project_is_about_its_files(cli, template, language):
    cli.ok("new", "mine", "--template", template, *([f"--{language}"] if template != "static" else []))
    text = (cli.folder / "mine" / "README.md").read_text()
    assert text.startswith("# mine\n") and "http://localhost:8080/mine/" in text
    assert "](" not in text and "./edgelet" not in text
    named = re.findall(r"\b[a-z][\w.-]*\.(?:m?[jt]s|toml)\b|(?<=`)public/(?=`)", text)
    assert named
    assert [name for name in named if not (cli.folder / "mine" / name).exists()] == []


def test_without_nodejs_a_new_project_is_plain_javascript(cli, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    done = cli.run("new", "plain")
    assert (done.status, done.err.splitlines()[0]) == (
        0,
        "In plain JavaScript, as there is no Node.js here, which TypeScript needs.",
    )
    assert "plain/main.js" in done.out
    assert read_project(cli.folder / "plain").main == "main.js"
    assert "Node.js" not in cli.run("new", "pages", "--template", "static").err


@pytest.mark.slow
def test_the_page_of_a_new_project_in_a_browser(cli, local, tmp_path):
    """It asks nobody but its device, and is readable in the dark and on a phone, by WCAG 2 (4.5 to 1)."""
    cli.ok("new", "page", "--javascript")
    cli.ok("deploy", "page")
    with Browser(tmp_path, 360, 640) as browser:
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            browser.open(f"{local.url}/page/")
            browser.until("document.querySelector('output').textContent === 'hello, ada'")
            assert browser.evaluate("document.documentElement.scrollWidth") == 360
            for element in ("h1", ".quiet", "code", "button", "input"):
                assert browser.contrast(element) >= 4.5, (scheme, element)
        browser.evaluate("document.querySelector('#name').value = 'grace'")
        browser.evaluate("document.querySelector('#name').focus()")
        browser.press("Enter")
        browser.until("document.querySelector('output').textContent === 'hello, grace'")
        asked = browser.evaluate("performance.getEntriesByType('resource').map(({ name }) => new URL(name).host)")
    assert set(asked) == {local.url.removeprefix("http://")}


@pytest.mark.slow
def test_new_projects_run_side_by_side(cli, local):
    templates = {"side-hello": "hello", "side-lambda": "lambda", "side-static": "static", "side-login": "login"}
    for name, template in templates.items():
        cli.ok("new", name, "--template", template)
        cli.ok("deploy", name)
    for name, template in templates.items():
        title = "Log in" if template == "login" else name
        assert f"<h1>{title}</h1>" in get(local.address, f"/{name}/").text
    answers = [get(local.address, f"/{name}/greeting").text for name in ("side-hello", "side-lambda")]
    assert answers == ['{"message":"hello, world"}'] * 2
    assert "POST /login" in get(local.address, "/side-login/nothing").text


def test_new_refuses_what_cannot_be(cli):
    cli.ok("new", "there")
    assert "there already" in cli.fails("new", "there")
    assert "lower-case letters" in cli.fails("new", "No Name")
    assert "has no code" in cli.fails("new", "other", "--typescript", "--template", "static")
