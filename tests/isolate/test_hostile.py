"""Every script of the folder `hostile` is stopped in time, and the isolate answers correctly right after.

The first line of a script says how it ends (see device/hostile.py) and what it does.
"""

import pytest
from isolate_helpers import ISOLATE, run_device

SCRIPTS = sorted((ISOLATE / "hostile").glob("*.js"))
# Families that the design names: a script's name begins with one.
FAMILIES = [
    "array_join",
    "array_sort",
    "array_reverse",
    "array_concat",
    "array_fill",
    "array_indexof",
    "array_includes",
    "array_copywithin",
    "array_splice",
    "await_flood",
    "json_parse",
    "string_indexof",
    "string_normalize",
    "bigint_power",
    "bigint_tostring",
    "regexp_",
    "promise_flood",
    "thenable_flood",
    "microtask_flood",
    "comparator_",
    "proxy_recursion",
    "getter_recursion",
    "loop_finally",
    "generator_",
    "async_generator",
    "tostring_recursion",
    "valueof_recursion",
    "toprimitive_recursion",
    "error_prepare",
    "string_rope",
    "string_replace",
    "string_tag",
    "typed_array_sort",
    "clone_deep",
    "url_",
    "headers_",
    "console_flood",
    "json_parse_deep",
    "loop_labels",
    "arguments_apply",
    "array_longest",
    "string_raw",
    "string_repeat",
    "string_pad",
    "date_parse",
    "intl_absent",
    "eval_absent",
    "function_absent",
    "import_",
    "top_",
]


def test_corpus_has_every_family():
    assert len(SCRIPTS) >= 60
    for family in FAMILIES:
        assert any(script.name.startswith(family) for script in SCRIPTS), family


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_hostile_script(firmware, script):
    run_device([firmware, "hostile.py", script])


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_hostile_script_under_sanitizers(firmware_asan, script):
    """Red zones need memory and checks need time, so that the other limit may come first."""
    run_device([firmware_asan, "hostile.py", script, "cpu", "memory"])
