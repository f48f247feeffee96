"""docs/performance.md: its tables, and the charts and the file of results beside it."""

import re
from pathlib import Path

from .charts import draw
from .results import Results
from .tables import Table, all_tables

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_PAGE = _DOCS / "performance.md"
_FOLDER = _DOCS / "performance"


def write(results: Results) -> None:
    """Write results and charts, and put the tables into the page, where it has a place for each."""
    _FOLDER.mkdir(exist_ok=True)
    results.write(_FOLDER / "results.json")
    draw(results, _FOLDER)
    page = _PAGE.read_text()
    for name, text in parts(results).items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, text=text: found[1] + text + "\n" + found[2],
            page,
            flags=re.DOTALL,
        )
    _PAGE.write_text(page)


def parts(results: Results) -> dict[str, str]:
    """What the page has of results, by the names of its places."""
    versions = ", ".join(f"{peer} {version}" for peer, version in results.data["versions"].items())
    missing = [f"{peer} could not be measured: {reason}" for peer, reason in results.data["missing"].items()]
    about = "\n\n".join([f"{results.about()}. {versions}.", *missing])
    return {"about": about} | {name: _markdown(table) for name, table in all_tables(results).items()}


def _markdown(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return f"{table.title}:\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
