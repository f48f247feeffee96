"""Writes the functions of frozen modules, and the members of their classes, as constants of C, for frozen_functions.c.

    frozen_functions.py FROZEN_CONTENT OUTPUT

FROZEN_CONTENT is what MicroPython's mpy-tool.py wrote. Ends with 1 and a message where it is not as expected.
"""

import re
import sys
from pathlib import Path

_CODE = re.compile(
    r"// frozen bytecode for file (\S+), scope (\S+)\nstatic const byte fun_data_(\S+)\[\d+\] = \{\n((?:    .*\n)*)"
)
_OPCODE = re.compile(r"// ([A-Z_]+)(?: (.*))?$", re.M)
_FUNCTION = re.compile(
    r"static const mp_raw_code_truncated_t proto_fun_(\S+) = \{\n"
    r"(?:    \.proto_fun_indicator\[\d\] = \w+,\n)*"
    r"    \.kind = MP_CODE_BYTECODE,\n"
    r"    \.is_generator = ([01]),\n"
    r"    \.fun_data = fun_data_(\S+),\n"
    r"    \.children = (NULL|\(void \*\)&children_\S+),\n"
)
_CHILDREN = re.compile(r"static const mp_raw_code_t \*const children_(\S+)\[\] = \{\n((?:    .*\n)*)")
_CHILD = re.compile(r"&proto_fun_(\S+),")
_TYPES = {"0": "mp_type_fun_bc", "1": "mp_type_gen_wrap"}
_CONSTANTS = {
    "LOAD_CONST_NONE": "mp_const_none",
    "LOAD_CONST_FALSE": "mp_const_false",
    "LOAD_CONST_TRUE": "mp_const_true",
}
# How the code of a class begins, and what stands around the function of a property.
_CLASS = [("LOAD_NAME", "'__name__'"), ("STORE_NAME", "'__module__'")]
_PROPERTY = [("LOAD_NAME", "'property'"), ("CALL_FUNCTION", "1")]


class Function:
    """A function's C expressions: type, children, and `defaults` of its arguments.

    defaults: None where they are not constant, or not known.
    """

    def __init__(self, name, kind, children):
        self.name = name
        self.kind = kind
        self.children = children
        self.defaults = None


class Module:
    """What is constant of a module: `functions`, and `classes`, name of the code -> what `members` gives."""

    def __init__(self):
        self.functions = []
        self.classes = {}


def constant(opcode, argument):
    """Give the C expression of what an opcode loads, None where that is no constant."""
    if opcode == "LOAD_CONST_SMALL_INT":
        return f"MP_OBJ_NEW_SMALL_INT({argument})"
    if opcode == "LOAD_CONST_STRING" and re.fullmatch(r"'\w*'", argument):
        return f"MP_OBJ_NEW_QSTR(MP_QSTR_{argument[1:-1]})"
    return _CONSTANTS.get(opcode)


def made(opcodes, children):
    """Yield (its first opcode, the one behind it, child's name, its defaults) for each function that a code makes."""
    for i, (opcode, argument) in enumerate(opcodes):
        first, defaults = i, []
        if opcode == "MAKE_FUNCTION_DEFARGS" and [name for name, _ in opcodes[i - 2 : i]] == [
            "BUILD_TUPLE",
            "LOAD_NULL",
        ]:
            first = i - 2 - int(opcodes[i - 2][1])
            defaults = [constant(*one) for one in opcodes[first : i - 2]]
        elif opcode != "MAKE_FUNCTION":
            continue
        if None not in defaults:
            yield first, i + 1, children[int(argument)], defaults


def members(opcodes, children):
    """Give [(name, function's name, whether it is a property's)] of a class of which that is the code.

    None where it is no class, or has anything else.
    """
    if opcodes[:2] != _CLASS:
        return None
    found, at = [], 4  # module and qualified name, of which nobody makes use
    for first, behind, child, _ in made(opcodes, children):
        is_property = [opcodes[at], opcodes[behind]] == _PROPERTY
        store, name = opcodes[behind + is_property]
        # MicroPython makes a static method of __new__, in its place.
        if first != at + is_property or store != "STORE_NAME" or name == "'__new__'":
            return None
        at = behind + is_property + 1
        found.append((name[1:-1], child, is_property))
    return found if len(opcodes) == at + 2 else None


def read(content):
    """Give {module's name: Module}, without what runs a module's top level.

    Raises ValueError where the content is not as expected.
    """
    children = {name: _CHILD.findall(text) for name, text in _CHILDREN.findall(content)}
    files, codes = {}, {}
    for file, scope, name, code in _CODE.findall(content):
        if scope != name:
            raise ValueError(f"the bytecode of {scope} is called {name}")
        files[name] = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        codes[name] = _OPCODE.findall(code)
    functions = {}
    for name, is_generator, data, text in _FUNCTION.findall(content):
        if name != data or name not in files:
            raise ValueError(f"the function {name} has no bytecode of its own")
        functions[name] = Function(name, _TYPES[is_generator], text)
    missing = [name for name in files if name not in functions]
    if missing or not functions:
        raise ValueError(f"functions were not found: {', '.join(missing) or 'all'}")
    modules = {}
    for name, opcodes in codes.items():
        for _, _, child, defaults in made(opcodes, children.get(name, [])):
            functions[child].defaults = defaults
        module = modules.setdefault(files[name], Module())
        if not name.endswith("__lt_module_gt_"):
            module.functions.append(functions[name])
        found = members(opcodes, children.get(name, []))
        if found is not None:
            module.classes[name] = found
    return modules


def table(declaration, rows):
    """Give the lines of an array in C; none for an empty one."""
    return [f"{declaration}[] = {{", *(f"    {row}," for row in rows), "};"] if rows else []


def tables(modules):
    """Give the text in C: `contexts`, and `modules` with the functions and classes of each."""
    lines = [f"static mp_module_context_t contexts[{len(modules)}];"]
    rows = []
    for i, (name, module) in enumerate(modules.items()):
        functions = [function for function in module.functions if function.defaults is not None]
        for function in functions:
            fields = f"{{&{function.kind}}}, &contexts[{i}], {function.children}, fun_data_{function.name}"
            defaults = f", {{{', '.join(function.defaults)}}}" if function.defaults else ""
            lines.append(f"static const mp_obj_fun_bc_t function_{function.name} = {{{fields}{defaults}}};")
        lines += table(f"static const mp_obj_fun_bc_t *const functions_{i}", [f"&function_{f.name}" for f in functions])
        for scope, found in module.classes.items():
            pairs = []
            for key, function, is_property in found:
                if is_property:
                    lines.append(f"static const property_t property_{function} = PROPERTY({function});")
                kind = "property" if is_property else "function"
                pairs.append(f"{{MP_ROM_QSTR(MP_QSTR_{key}), MP_ROM_PTR(&{kind}_{function})}}")
            lines += table(f"static const mp_rom_map_elem_t members_{scope}", pairs)
        classes = [f"CLASS({scope}, {len(found)})" for scope, found in module.classes.items() if found]
        lines += table(f"static const class_t classes_{i}", classes)
        known = f"functions_{i}, {len(functions)}" if functions else "NULL, 0"
        known += f", classes_{i}, {len(classes)}" if classes else ", NULL, 0"
        rows.append(f'{{"{name}", {known}}}')
    return "\n".join([*lines, *table("static const module_t modules", rows), ""])


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
