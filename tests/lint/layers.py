#!/usr/bin/env python3
"""Lower layers never include upper ones.

Reads every #include of a project file and checks it against the table below: what a folder may
include, besides itself. A folder that is not in the table is an error, so a new one has to be placed.
"""

import pathlib
import re
import sys

CORE = {"shared/base", "shared/crypto", "shared/json", "shared/domain", "shared/wire",
        "shared/passphrase"}
SERVER = {"server/store", "server/sync", "server/intake", "server/local", "server/auth", "server/admin",
          "server/api", "server/limits"}

ALLOWED = {
    "shared/base": set(),
    "shared/crypto": {"shared/base"},
    "shared/passphrase": {"shared/base", "shared/crypto"},
    "shared/json": {"shared/base", "shared/crypto"},
    "shared/domain": {"shared/base", "shared/crypto", "shared/json"},
    "shared/wire": {"shared/base", "shared/crypto", "shared/json", "shared/domain"},
    "shared/sqlite": {"shared/base", "shared/crypto"},
    "shared/http": {"shared/base", "shared/crypto", "shared/json"},
    "shared/cli": CORE,
    "shared/sandbox": {"shared/base"},
    "server/store": CORE,
    "server/store_sql": CORE | {"server/store"},
    "server/store_sqlite": CORE | {"server/store", "server/store_sql", "shared/sqlite"},
    "server/store_postgres": CORE | {"server/store", "server/store_sql", "shared/sqlite"},
    "server/sync": CORE | {"server/store"},
    "server/intake": CORE | {"server/store", "server/sync"},
    "server/local": CORE | {"server/store", "server/intake"},
    "server/auth": CORE | {"server/store", "shared/http"},
    "server/admin": CORE | {"server/store", "server/sync", "server/auth", "server/api", "shared/http"},
    "server/limits": {"shared/base"},
    "server/api": CORE | {"server/store", "server/sync", "server/auth", "server/limits", "shared/http"},
    "server/app": CORE | SERVER | {"shared/http", "shared/sqlite", "shared/cli", "shared/sandbox"},
    "client/pdf": {"shared/base", "shared/crypto", "shared/domain", "shared/json"},
    "client/vault": CORE | {"shared/sqlite"},
    "client/replica": CORE | {"shared/sqlite", "client/vault"},
    "client/engine": CORE,
    "client/transport": CORE | {"shared/http", "client/engine"},
    "client/sync": CORE | {"client/engine", "client/replica", "client/transport", "client/vault"},
    "client/cli": CORE | {"shared/cli", "shared/http", "shared/sandbox", "shared/sqlite", "client/engine", "client/replica",
                          "client/transport", "client/vault", "client/sync", "client/web"},
    "client/web": CORE | {"shared/http", "client/engine", "client/replica", "client/sync",
                          "client/transport"},
    "tools/admin": CORE | {"shared/cli", "shared/http", "client/replica", "client/sync",
                           "client/transport", "client/vault"},
    # Writes the store itself, and reads another PostgreSQL with the store's encoding.
    "tools/import": CORE | {"shared/cli", "shared/sqlite", "server/store", "server/store_postgres",
                            "server/intake", "server/local", "server/auth", "server/app"},
    "tools/synthetic": CORE | {"shared/cli"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"((?:shared|server|client|tools|tests)/[^"]+)"')


def folder(path: str) -> str:
    return "/".join(path.split("/")[:2])


def main() -> int:
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = []
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
                if there != here and there not in ALLOWED[here]:
                    wrong.append(f"{name}:{number}: {here} must not include {match.group(1)}")
    print("\n".join(wrong) if wrong else "layers: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
