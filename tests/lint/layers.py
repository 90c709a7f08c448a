#!/usr/bin/env python3
"""Lower layers never include upper ones.

Reads every #include of a project file and checks it against the table below: what a folder may
include, besides itself. A folder that is not in the table is an error, so a new one has to be placed.
An edge of the table that no include uses is an error, too, except that CORE and FACETS are granted as a
whole.
"""

import pathlib
import re
import sys

CORE = {"shared/base", "shared/crypto", "shared/json", "shared/domain", "shared/wire",
        "shared/passphrase"}
SERVER = {"server/store", "server/sync", "server/local", "server/auth", "server/admin", "server/api",
          "server/limits"}
# What the programs of a laptop may use of a replica; its other folders are private to it.
FACETS = {"client/replica", "client/replica/types", "client/replica/identity", "client/replica/read",
          "client/replica/edit", "client/replica/sync"}

ALLOWED = {
    "shared/base": set(),
    "shared/crypto": {"shared/base"},
    "shared/passphrase": {"shared/base", "shared/crypto"},
    "shared/json": {"shared/base"},
    "shared/domain": {"shared/base", "shared/crypto", "shared/json"},
    "shared/reference": {"shared/base", "shared/crypto", "shared/json", "shared/domain"},
    "shared/wire": {"shared/base", "shared/crypto", "shared/json", "shared/domain"},
    "shared/sqlite": {"shared/base"},
    "shared/http": {"shared/base", "shared/crypto"},
    "shared/cli": CORE,
    "shared/sandbox": {"shared/base"},
    "server/store/sql": CORE,
    "server/store": CORE | {"server/store/sql"},
    "server/store/imports": CORE | {"server/store", "server/store/sql"},
    "server/store/sqlite": CORE | {"server/store", "server/store/sql", "shared/sqlite"},
    "server/store/postgres": CORE | {"server/store", "server/store/sql"},
    "server/sync": CORE | {"server/store"},
    "server/intake": CORE | {"server/store", "server/store/imports", "server/sync"},
    "server/local": CORE | {"server/intake"},
    "server/auth": CORE | {"server/store", "shared/http"},
    "server/admin": CORE | {"server/store", "server/sync", "server/auth", "server/api", "shared/reference"},
    "server/limits": {"shared/base"},
    "server/api": CORE | {"server/store", "server/sync", "server/auth", "server/limits", "shared/http"},
    "server/app": CORE | SERVER | {"shared/sqlite", "shared/cli", "shared/sandbox"},
    "client/pdf": {"shared/base", "shared/crypto", "shared/domain", "shared/json"},
    "client/print": CORE | FACETS | {"client/pdf", "shared/reference"},
    "client/vault": CORE,
    "client/replica": CORE | FACETS | {"client/replica/file", "shared/sqlite"},
    "client/replica/types": CORE,
    "client/replica/file": CORE | {"client/replica/types", "client/vault", "shared/reference", "shared/sqlite"},
    "client/replica/access": CORE | {"client/engine", "client/replica/file"},
    "client/replica/identity": CORE | {"client/replica/access", "client/replica/file", "client/replica/types"},
    "client/replica/read": CORE | {"client/replica/access", "client/replica/file", "client/replica/types"},
    "client/replica/edit": CORE | {"client/replica/access", "client/replica/file", "client/replica/read",
                                   "client/replica/types"},
    "client/replica/sync": CORE | {"client/engine", "client/replica/access", "client/replica/file",
                                   "client/replica/identity", "client/replica/types"},
    "client/engine": CORE,
    "client/transport": CORE | {"shared/http", "client/engine"},
    "client/sync": CORE | {"client/engine", "client/replica/identity", "client/transport"},
    "client/cli": CORE | FACETS | {"client/pdf", "client/print", "shared/cli", "shared/reference", "shared/sandbox", "client/transport", "client/sync", "client/web"},
    "client/web": CORE | FACETS | {"client/pdf", "client/print", "shared/http", "shared/reference", "client/engine", "client/sync", "client/transport"},
    # An administrator's profile has keys and settings, and no records.
    "tools/admin": CORE | {"shared/cli", "shared/reference", "tools/sigtap", "client/replica", "client/replica/identity",
                           "client/replica/sync", "client/sync", "client/transport"},
    # Writes the store itself, and reads another PostgreSQL with the store's encoding.
    "tools/import": CORE | {"shared/cli", "shared/reference", "server/store", "server/store/imports", "server/store/postgres",
                            "server/intake", "server/local", "server/auth", "server/app"},
    "tools/synthetic": CORE,
    "tools/sigtap": {"shared/base", "shared/domain", "shared/reference"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"((?:shared|server|client|tools|tests)/[^"]+)"')


# Values that everything in and around a replica uses.
PLACED = {"client/replica/types.hpp": "client/replica/types",
          "client/replica/environment.hpp": "client/replica/types"}


def folder(path: str) -> str:
    if path in PLACED:
        return PLACED[path]
    parts = path.split("/")
    deep = parts[:2] in (["client", "replica"], ["server", "store"]) and len(parts) > 3
    return "/".join(parts[:3 if deep else 2])


def unused(used: set) -> list:
    found = []
    for here, allowed in ALLOWED.items():
        whole = [group for group in (CORE, FACETS) if group <= allowed]
        single = allowed.difference(*whole)
        found += [f"tests/lint/layers.py: nothing in {here} includes {there}; remove the edge"
                  for there in sorted(single) if (here, there) not in used]
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = []
    used = set()
    for top in ("shared", "server", "client", "tools"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            here = folder(name)
            if here not in ALLOWED:
                wrong.append(f"{name}: the folder {here} has no place in the layer table")
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                there = folder(match.group(1))
                used.add((here, there))
                if there != here and there not in ALLOWED[here]:
                    wrong.append(f"{name}:{number}: {here} must not include {match.group(1)}")
    wrong += unused(used)
    print("\n".join(wrong) if wrong else "layers: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
