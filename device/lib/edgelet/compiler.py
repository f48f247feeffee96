"""Compiles a bundle on firmware that carries the parser: micropython -m edgelet.compiler REQUEST BUNDLE.

REQUEST is a JSON file {files, main, strip, origins, event_2} as `quickjs.compile` takes them, but for `origins`'
positions: the path of a file that has them. The bundle is written to the file BUNDLE.
Prints {} or {"kind": that of quickjs.Error, "error": text} as JSON.
"""

import json
import sys

import quickjs


def main(request_path, bundle_path):
    """Compiles what the request says."""
    with open(request_path) as file:
        request = json.load(file)
    try:
        origins = _origins(request["origins"])
        bundle = quickjs.compile(request["files"], request["main"], request["strip"], origins, request["event_2"])
    except quickjs.Error as e:
        print(json.dumps({"kind": e.kind, "error": e.message}))
        return
    with open(bundle_path, "wb") as file:
        file.write(bundle)
    print("{}")


def _origins(given):
    if given is None:
        return None
    sources, path = given
    with open(path, "rb") as file:
        return sources, file.read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
