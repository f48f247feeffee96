"""Writes the functions of frozen modules as constants of C, for frozen_functions.c.

    frozen_functions.py FROZEN_CONTENT OUTPUT

FROZEN_CONTENT is what MicroPython's mpy-tool.py wrote. Ends with 1 and a message where it is not as expected.
"""

import re
import sys
from pathlib import Path

_CODE = re.compile(r"// frozen bytecode for file (\S+), scope (\S+)\nstatic const byte fun_data_(\S+)\[")
_FUNCTION = re.compile(
    r"static const mp_raw_code_truncated_t proto_fun_(\S+) = \{\n"
    r"(?:    \.proto_fun_indicator\[\d\] = \w+,\n)*"
    r"    \.kind = MP_CODE_BYTECODE,\n"
    r"    \.is_generator = ([01]),\n"
    r"    \.fun_data = fun_data_(\S+),\n"
    r"    \.children = (NULL|\(void \*\)&children_\S+),\n"
)
_TYPES = {"0": "mp_type_fun_bc", "1": "mp_type_gen_wrap"}


def read(content):
    """Give {module: [(type, children, name of the bytecode)]}, without what runs a module's top level.

    Raises ValueError where the content is not as expected.
    """
    modules, files = {}, {}
    for file, scope, name in _CODE.findall(content):
        if scope != name:
            raise ValueError(f"the bytecode of {scope} is called {name}")
        files[name] = file
    for name, is_generator, data, children in _FUNCTION.findall(content):
        if name != data or name not in files:
            raise ValueError(f"the function {name} has no bytecode of its own")
        module = files.pop(name).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if not name.endswith("__lt_module_gt_"):
            modules.setdefault(module, []).append((_TYPES[is_generator], children, name))
    if files or not modules:
        raise ValueError(f"functions were not found: {', '.join(files) or 'all'}")
    return modules


def tables(modules):
    """Give the text in C: `contexts`, and `modules` with the functions of each."""
    lines = [f"static mp_module_context_t contexts[{len(modules)}];"]
    rows = []
    for i, (module, functions) in enumerate(modules.items()):
        lines.append(f"static const mp_obj_fun_bc_t functions_{i}[] = {{")
        for kind, children, name in functions:
            lines.append(f"    {{{{&{kind}}}, &contexts[{i}], {children}, fun_data_{name}}},")
        lines.append("};")
        rows.append(f'    {{"{module}", functions_{i}, {len(functions)}}},')
    return "\n".join([*lines, "static const module_t modules[] = {", *rows, "};", ""])


def main(content, output):
    """Write the tables, unless they are there already."""
    try:
        text = tables(read(Path(content).read_text()))
    except ValueError as e:
        return f"{content} is not as expected: {e}: frozen_functions.py must learn about it"
    path = Path(output)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
