"""Bundles: what the compiler makes, and what the loader refuses."""


def test_imports_of_imports():
    files = {
        "main.js": "import { b } from './lib/b.js'; import c from './c.js';"
        "export default { fetch() { return new Response(b + c) } }",
        "lib/b.js": "import c from '../c.js'; export const b = 'b' + c;",
        "c.js": "export default 'c';",
    }
    assert answer(files) == b"bcc"
