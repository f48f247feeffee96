"""Writes what is constant of frozen modules as constants of C, for frozen_functions.c.

    frozen_functions.py FROZEN_CONTENT GENHDR OUTPUT

FROZEN_CONTENT is what MicroPython's mpy-tool.py wrote, GENHDR the folder of what else its build wrote: the order of
names (qstrs), and the built-in modules. Ends with 1 and a message where they are not as expected.

It writes functions, the members of classes, and the names of modules: those that a module's top level stores for
certain, once, with a value that is known here. It need not be the value that the name has in the end (an expression
with if gives one of two, somebody may assign another): frozen_functions.c compares them.
"""

import itertools
import re
import sys
from pathlib import Path

_BODY = "__lt_module_gt_"  # what a module's top level is called, behind the module's name in C
_CODE = re.compile(
    r"// frozen bytecode for file (\S+), scope (\S+)\nstatic const byte fun_data_(\S+)\[\d+\] = \{\n((?:    .*\n)*)"
)
_OPCODE = re.compile(r"// ([A-Z_]+)(?: (.*))?$", re.M)
_BYTES = re.compile(r"^    ((?:0x..,)+) // [A-Z_]+(?: .*)?$", re.M)
_NAMES = re.compile(r"static const qstr_short_t const_qstr_table_data_(\S+)\[\d+\] = \{\n((?:    .*\n)*)")
_OBJECTS = re.compile(r"static const mp_rom_obj_t const_obj_table_data_(\S+)\[\d+\] = \{\n((?:    .*\n)*)")
_FROZEN_ORDER = re.compile(r"enum \{\n((?:    MP_QSTR_.*\n)+)")
_ORDER = re.compile(r"^QDEF[01]\((MP_QSTR\w+),", re.M)
_BUILT_IN = re.compile(r"MP_ROM_QSTR\(MP_QSTR_(\w+)\), MP_ROM_PTR\(&(\w+)\)")
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
# Names of built-in modules that are variables of C, which their tables do not tell.
_OF_BUILT_IN = {("micropython", "const"): "MP_ROM_PTR(&mp_identity_obj)"}
# What a class of constants may have as a base, beside one of its kind.
_BASES = {"BaseException", "Exception", "ValueError", "dict"}
_TYPE = "MP_ROM_PTR(&type_"  # the C expression of one of these, with its code's name and a parenthesis behind it
# Members that MicroPython marks a type for, as it does for properties.
_ACCESSORS = {"__get__", "__set__", "__delete__", "__setattr__", "__delattr__"}
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
    """What is constant of a module: `functions`, and `classes`, name of the code -> what `members` gives.

    names: what `stored` gives. statements: {name of a class's code: (its name, its base's name or None)}.
    constants: the names in C of the tables of which its code has numbers.
    """

    def __init__(self):
        self.constants = ""
        self.functions = []
        self.classes = {}
        self.names = {}
        self.statements = {}


def module_name(file):
    """Give the name of the module that a file of frozen code is."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def items(text):
    """Give the lines between an array's braces in C, each without its comma."""
    return [line.strip(" ,") for line in text.splitlines()]


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


def class_statements(opcodes, children):
    """Give {place of the opcode that stores a class: (name of its code, its name, name of its base or None)}."""
    found = {}
    for i in range(len(opcodes) - 3):
        (start, _), (make, child), (kind, title), (base, argument) = opcodes[i : i + 4]
        if (start, make, kind) != ("LOAD_BUILD_CLASS", "MAKE_FUNCTION", "LOAD_CONST_STRING"):
            continue
        if opcodes[i + 3] == ("CALL_FUNCTION", "2"):
            found[i + 4] = children[int(child)], title[1:-1], None
        elif base == "LOAD_NAME" and opcodes[i + 4 : i + 5] == [("CALL_FUNCTION", "3")]:
            found[i + 5] = children[int(child)], title[1:-1], argument[1:-1]
    return found


def conditional(code, opcodes):
    """Give the places of opcodes that a jump, or what catches an exception, may leave out."""
    sizes = [text.count(",") for text in _BYTES.findall(code)]
    ends = list(itertools.accumulate(sizes))
    found = set()
    for i, (opcode, argument) in enumerate(opcodes):
        if ("JUMP" in opcode or opcode.startswith(("SETUP_", "FOR_ITER"))) and int(argument.split()[0]) > 0:
            end = ends[i] + int(argument.split()[0])
            found.update(j for j in range(i + 1, len(opcodes)) if ends[j] <= end)
    return found


def imported(opcodes, at, module, is_package):
    """Give the name of the module that the IMPORT_NAME `at` imports, None where that is not known."""
    before, count = opcodes[at - 1]
    level, argument = opcodes[at - 2 - (int(count) if before == "BUILD_TUPLE" else 0)]
    if before not in {"BUILD_TUPLE", "LOAD_CONST_NONE"} or level != "LOAD_CONST_SMALL_INT":
        return None
    name = opcodes[at][1][1:-1]
    if argument == "0":
        return name
    parts = module.split(".")
    parts = parts[: len(parts) + is_package - int(argument)]
    return ".".join([*parts, name] if name else parts)


def stored(file, code, children, names, objects):
    """Give {name: what the top level of a module stores by it}: C's expression, or what `imported` gives and a name.

    The name is None where that is the module itself.
    """
    opcodes = _OPCODE.findall(code)
    left_out = conditional(code, opcodes)
    deleted = {argument for opcode, argument in opcodes if opcode == "DELETE_NAME"}
    functions = {behind: child for _, behind, child, _ in made(opcodes, children)}
    classes = class_statements(opcodes, children)
    found, source = {"__file__": f"MP_ROM_QSTR({names[0]})"}, None
    for i, (opcode, name) in enumerate(opcodes):
        if opcode == "IMPORT_NAME":
            source = imported(opcodes, i, module_name(file), file.endswith("__init__.py"))
        if opcode != "STORE_NAME" or i in left_out or name in deleted:
            continue
        before, argument = opcodes[i - 1]
        if i in functions:
            value = f"MP_ROM_PTR(&function_{functions[i]})"
        elif i in classes:
            value = f"{_TYPE}{classes[i][0]})"
        elif before in {"IMPORT_NAME", "IMPORT_FROM"}:
            value = source and (source, argument[1:-1] if before == "IMPORT_FROM" else None)
        else:
            value = objects[int(argument)] if before == "LOAD_CONST_OBJ" else constant(before, argument)
        if value:
            found[name[1:-1]] = value
    return found


def value(modules, places, module, name):
    """Give the C expression of a module's name, None where it is not known; places: {module: its C expression}."""
    found = modules[module].names.get(name, (module, name))
    if isinstance(found, str):
        return found
    source, wanted = found
    if wanted is None:
        return places.get(source.partition(".")[0])
    if source in modules and found != (module, name):
        return value(modules, places, source, wanted)
    return _OF_BUILT_IN.get(found) or places.get(f"{source}.{wanted}")


def read(content):
    """Give {module's name: Module}.

    Raises ValueError where the content is not as expected.
    """
    children = {name: _CHILD.findall(text) for name, text in _CHILDREN.findall(content)}
    files, codes = {}, {}
    for file, scope, name, code in _CODE.findall(content):
        if scope != name:
            raise ValueError(f"the bytecode of {scope} is called {name}")
        files[name] = file
        codes[name] = code
    functions = {}
    for name, is_generator, data, text in _FUNCTION.findall(content):
        if name != data or name not in files:
            raise ValueError(f"the function {name} has no bytecode of its own")
        functions[name] = Function(name, "body_type" if name.endswith(_BODY) else _TYPES[is_generator], text)
    missing = [name for name in files if name not in functions]
    if missing or not functions:
        raise ValueError(f"functions were not found: {', '.join(missing) or 'all'}")
    names, objects = ({name: items(text) for name, text in one.findall(content)} for one in (_NAMES, _OBJECTS))
    modules = {}
    for name, code in codes.items():
        opcodes, own = _OPCODE.findall(code), children.get(name, [])
        for _, _, child, defaults in made(opcodes, own):
            functions[child].defaults = defaults
        module = modules.setdefault(module_name(files[name]), Module())
        module.functions.append(functions[name])
        if name.endswith(_BODY):
            functions[name].defaults = []
            in_c = name.removesuffix(_BODY)
            module.constants = f"const_qstr_table_data_{in_c}, " + (
                f"const_obj_table_data_{in_c}" if in_c in objects else "NULL"
            )
            module.names = stored(files[name], code, own, names[in_c], objects.get(in_c, []))
            module.statements = {scope: rest for scope, *rest in class_statements(opcodes, own).values()}
        found = members(opcodes, own)
        if found is not None:
            module.classes[name] = found
    return modules


def constant_types(modules, places):
    """Give {name of a class's code: (its base as C has it, or None; whether MicroPython marks it for its members)}.

    Those are the classes that are constants with all their bases.
    """
    waiting = [
        (name, scope) for name, module in modules.items() for scope in module.statements if scope in module.classes
    ]
    found, count = {}, -1
    while count < len(found):
        count = len(found)
        for name, scope in waiting:
            _, base = modules[name].statements[scope]
            own = any(key in _ACCESSORS or is_property for key, _, is_property in modules[name].classes[scope])
            place = base and (value(modules, places, name, base) or "")
            if base is None or (base in _BASES and base not in modules[name].names):
                found[scope] = base and f"mp_type_{base}", own
            elif place.startswith(_TYPE) and (parent := place[len(_TYPE) : -1]) in found:
                found[scope] = f"type_{parent}", own or found[parent][1]
    return found


def read_order(content, genhdr):
    """Give {name's symbol in C: its number} of all names."""
    [frozen] = _FROZEN_ORDER.findall(content)
    symbols = [*_ORDER.findall((genhdr / "qstrdefs.generated.h").read_text()), *re.findall(r"MP_QSTR_\w+", frozen)]
    return {symbol: i for i, symbol in enumerate(symbols)}


def table(declaration, rows):
    """Give the lines of an array in C; none for an empty one."""
    return [f"{declaration}[] = {{", *(f"    {row}," for row in rows), "};"] if rows else []


def names_table(number, found, order):
    """Give the lines of the table of a module's constant names, in the order of their numbers."""
    names = sorted(found, key=lambda name: order[f"MP_QSTR_{name}"])
    lines = table(
        f"static const mp_rom_map_elem_t names_{number}",
        [f"{{MP_ROM_QSTR(MP_QSTR_{name}), {found[name]}}}" for name in names],
    )
    pairs = itertools.pairwise(names)
    return [*lines, *(f'_Static_assert((int)MP_QSTR_{a} < (int)MP_QSTR_{b}, "order");' for a, b in pairs)]


def constant_names(modules, places, types, name, order):
    """Give {name: its C expression} of the names of a module that are constant."""
    symbol = f"MP_QSTR_{name.replace('.', '_dot_')}"
    found = {"__name__": f"MP_ROM_QSTR({symbol})"} if symbol in order else {}
    for one in modules[name].names:
        known = value(modules, places, name, one)
        if known and (not known.startswith(_TYPE) or known[len(_TYPE) : -1] in types):
            found[one] = known
    return found


def class_tables(number, module, types):
    """Give the lines of the tables of a module's classes, and how many those are."""
    lines, rows = [], []
    for scope, found in module.classes.items():
        pairs = []
        for key, function, is_property in found:
            if is_property:
                lines.append(f"static const property_t property_{function} = PROPERTY({function});")
            kind = "property" if is_property else "function"
            pairs.append(f"{{MP_ROM_QSTR(MP_QSTR_{key}), MP_ROM_PTR(&{kind}_{function})}}")
        if not pairs and scope not in types:
            continue
        lines += table(f"static const mp_rom_map_elem_t members_{scope}", pairs)
        lines.append(
            f"static const mp_obj_dict_t dict_{scope} = DICT({f'members_{scope}' if pairs else 'NULL'}, {len(pairs)});"
        )
        if scope in types:
            parent, is_marked = types[scope]
            last = f", parent, &{parent}" if parent else ""
            lines.append(f"TYPE({scope}, {module.statements[scope][0]}, {'MARKED' if is_marked else 'PLAIN'}{last});")
        rows.append(f"{{&function_{scope}, &dict_{scope}, {f'&type_{scope}' if scope in types else 'NULL'}}}")
    return [*lines, *table(f"static const class_t classes_{number}", rows)], len(rows)


def functions_of(number, module):
    """Give the lines of a module's functions, and how many have no defaults, and have some, which makes them longer."""
    lines, plain, longer = [], [], []
    for function in module.functions:
        if function.defaults is not None:
            fields = f"{{&{function.kind}}}, &contexts[{number}], {function.children}, fun_data_{function.name}"
            if function.defaults:
                row = f"{{{fields}, {{{', '.join(function.defaults)}}}}}"
                lines.append(f"static const mp_obj_fun_bc_t function_{function.name} = {row};")
                longer.append(f"&function_{function.name}")
            else:
                lines.append(f"#define function_{function.name} functions_{number}[{len(plain)}]")
                plain.append(f"{{{fields}}}")
    lines += table(f"static const mp_obj_fun_bc_t functions_{number}", plain)
    return [*lines, *table(f"static const mp_obj_fun_bc_t *const longer_{number}", longer)], [len(plain), len(longer)]


def tables(modules, built_in, order):
    """Give the text in C: `globals`, `contexts`, and `modules` with the functions, classes and names of each."""
    lines = [f"#define MODULE_COUNT {len(modules)}", "static mp_obj_dict_t globals[MODULE_COUNT];"]
    lines += table(
        "static const mp_module_context_t contexts",
        [f"CONTEXT({i}, {module.constants})" for i, module in enumerate(modules.values())],
    )
    places = {**built_in, **{name: f"MP_ROM_PTR(&contexts[{i}])" for i, name in enumerate(modules)}}
    types = constant_types(modules, places)
    lines += [f"static const mp_obj_type_t type_{scope};" for scope in types]
    counts = []
    # What a table names comes before it, from whatever module.
    for i, module in enumerate(modules.values()):
        made, found = functions_of(i, module)
        lines += made
        counts.append(found)
    for i, (name, module) in enumerate(modules.items()):
        classes, class_count = class_tables(i, module, types)
        names = constant_names(modules, places, types, name, order)
        lines += [*classes, *names_table(i, names, order)]
        counts[i] += [class_count, len(names)]
    rows = []
    for i, (name, (functions, longer, classes, names)) in enumerate(zip(modules, counts, strict=True)):
        known = f"functions_{i}, {functions}"
        known += f", longer_{i}, {longer}" if longer else ", NULL, 0"
        known += f", classes_{i}, {classes}" if classes else ", NULL, 0"
        known += f", (const mp_map_elem_t *)names_{i}, {names}" if names else ", NULL, 0"
        rows.append(f'{{"{name}", {known}}}')
    return "\n".join([*lines, *table("static const module_t modules", rows), ""])


def main(content, genhdr, output):
    """Write the tables, unless they are there already."""
    text, genhdr = Path(content).read_text(), Path(genhdr)
    try:
        modules = read(text)
    except ValueError as e:
        return f"{content} is not as expected: {e}: frozen_functions.py must learn about it"
    found = _BUILT_IN.findall((genhdr / "moduledefs.h").read_text())
    built_in = {name: f"MP_ROM_PTR(&{symbol})" for name, symbol in found}
    written = tables(modules, built_in, read_order(text, genhdr))
    path = Path(output)
    if not path.exists() or path.read_text() != written:
        path.write_text(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
