"""Files of lines NAME=VALUE, as .env is one, and .dev.vars: what a project gets on the devices of `edgelet dev`."""

from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project
from edgelet_host.runtime import names

#: In the folder of a project, as wrangler has it. No deploy reads it.
DEV_VARS = ".dev.vars"

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}


def parse(file: str, text: str) -> dict[str, str]:
    """Give the values by their names. file: its name, for errors, which never have a value. Raises EdgeletError.

    A value in quotes may go on over several lines. Behind it, and behind white space after one without quotes, a
    comment begins with #.
    """
    values = {}
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals:
            raise EdgeletError(f"{file}:{number}: this line is not NAME=VALUE")
        value = value.strip()
        for end in range(number, len(lines) + 1):
            quoted = _quoted("\n".join([value, *lines[number:end]]))
            if quoted is not None:
                value, number = quoted, end
                break
            if value[:1] not in ("'", '"'):
                value = _without_comment(value)
                break
        values[name.strip()] = value
    return values


def line(name: str, value: str) -> str:
    """Write a variable so that `parse` reads it."""
    return f'{name}="{"".join(_ESCAPES.get(character, character) for character in value)}"'


def read_dev_vars(project: Project) -> dict[str, str]:
    """Give what the project's .dev.vars has; {} where there is none. Raises EdgeletError."""
    path = project.folder / DEV_VARS
    try:
        values = parse(str(path), path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise EdgeletError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    for name, value in values.items():
        try:
            names.variable(name)
        except ValueError as e:
            raise EdgeletError(f"{path}: {e}") from None
        if name in project.bindings:
            raise EdgeletError(f"{path}: {name} is a binding in {FILE}: rename one of them")
        if not value:
            raise EdgeletError(f"{path}: {name} is empty: give it a value, or remove the line")
    return values


def _quoted(text: str) -> str | None:
    """Give what is in the quotes that a text has but for a comment behind them; None where it has none."""
    quote = text[:1]
    if quote not in ("'", '"'):
        return None
    parts = []
    at = 1
    while at < len(text) and text[at] != quote:
        pair = text[at : at + 2]
        if quote == '"' and pair[0] == "\\" and len(pair) == 2:
            plain = {escaped: character for character, escaped in _ESCAPES.items()}
            parts.append(plain.get(pair, pair))
            at += 2
        else:
            parts.append(pair[0])
            at += 1
    behind = text[at + 1 :].strip()
    return "".join(parts) if at < len(text) and (not behind or behind.startswith("#")) else None


def _without_comment(value: str) -> str:
    for at, character in enumerate(value):
        if character == "#" and (at == 0 or value[at - 1].isspace()):
            return value[:at].rstrip()
    return value
