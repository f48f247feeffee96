"""TypeScript's types for a project: what handlers find on a device, and what this one's `env` has.

They are one file of the project, of the name that wrangler gives it, so that an editor needs no network for them.
"""

from pathlib import Path

from edgelet_host.errors import EdgeletError
from edgelet_host.project.config import FILE, Project
from edgelet_host.runtime import names

#: The project's file.
TYPES = "worker-configuration.d.ts"
_FOLDER = Path(__file__).parent / "typescript"
#: The types that are the same for every project.
RUNTIME = _FOLDER / "runtime.d.ts"
#: What has TypeScript find them; a new project's package.json, and the end of its README.
CONFIGURATION = _FOLDER / "tsconfig.json"
PACKAGE = _FOLDER / "package.json"
README = _FOLDER / "README.md"

# Kind of binding -> its type.
_BINDINGS = {"kv": "KVNamespace", "service": "Fetcher", "ratelimit": "RateLimit", "jwks": "Jwks"}


def write_types(project: Project) -> Path:
    """Write the project's types; the file. Raises EdgeletError where a name in edgelet.toml cannot be."""
    path = project.folder / TYPES
    path.write_text(_text(project), "utf-8", newline="\n")
    return path


def _text(project: Project) -> str:
    # Those on the device win, so a variable has any text.
    texts = sorted({*project.vars, *project.secrets})
    try:
        for name in [*texts, *project.bindings]:
            names.variable(name)
    except ValueError as e:
        raise EdgeletError(f"{project.folder / FILE}: {e}") from None
    members = [f"{name}: string;" for name in texts]
    members += [f"{name}: {_binding_type(project, name)};" for name in sorted(project.bindings)]
    body = "".join(f"    {member}\n" for member in members)
    picked = " | ".join(f'"{name}"' for name in texts)
    process = f" extends Pick<Cloudflare.Env, {picked}>" if picked else ""
    return (
        f"// Made by `edgelet types` from {FILE}: run it again when that has changed.\n"
        f"declare namespace Cloudflare {{\n  interface Env {{\n{body}  }}\n}}\n"
        "interface Env extends Cloudflare.Env {}\n"
        f"declare namespace NodeJS {{\n  interface ProcessEnv{process} {{}}\n}}\n\n"
        f"{RUNTIME.read_text('utf-8')}"
    )


def _binding_type(project: Project, name: str) -> str:
    options = project.bindings[name]
    kind = options.get("type") if isinstance(options, dict) else None
    if kind not in _BINDINGS:
        raise EdgeletError(
            f"{project.folder / FILE}: binding {name}: its type must be one of: {', '.join(sorted(_BINDINGS))}"
        )
    return _BINDINGS[kind]
