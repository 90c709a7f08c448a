"""Rows on their way to the script: one temporary file per table, in COPY's text format, so that
memory stays flat; and the pieces of the expectation, by user."""

import array
import json
import shutil
import tempfile

from . import layout as layouts

TO_JSON = json.JSONEncoder(ensure_ascii=False).encode
ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copy_text(value):
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, (dict, list)):
        value = TO_JSON(value)
    elif not isinstance(value, str):
        return str(value)
    return value.translate(ESCAPES) if "\\" in value or not value.isprintable() else value


class Table:
    def __init__(self, name, columns):
        self.name, self.columns = name, columns
        self.file = None
        self.waiting, self.rows, self.last_id = [], 0, 0

    def write(self, values):
        self.rows += 1
        self.waiting.append("\t".join(map(copy_text, values)))
        if len(self.waiting) >= 2000:
            self.flush()

    def flush(self):
        if self.waiting:
            self.file = self.file or tempfile.TemporaryFile()
            self.file.write(("\n".join(self.waiting) + "\n").encode())
            self.waiting = []


class Rows:
    def __init__(self, layout):
        self.layout = layout
        self.tables = {name: Table(name, columns) for name, columns in layouts.tables(layout)}

    def next_id(self, table):
        self.tables[table].last_id += 1
        return self.tables[table].last_id

    def put(self, table, *values):
        """A whole row, id first."""
        self.tables[table].write(values)

    def add(self, table, *values):
        """A row with the next id, which is returned."""
        key = self.next_id(table)
        self.tables[table].write((key, *values))
        return key

    def counts(self):
        return {name: table.rows for name, table in self.tables.items()}

    def script(self, out, schema, ids, constrained):
        """The psql script that makes the database."""
        def say(text):
            out.write(text.encode())

        say("SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
            "SET client_min_messages = warning;\nBEGIN;\n")
        if schema != "public":
            say(f'CREATE SCHEMA "{schema}";\n')
        for table in self.tables.values():
            say(layouts.create_table(schema, table.name, table.columns, ids))
        for table in self.tables.values():
            table.flush()
            if not table.rows:
                continue
            names = ["id"] + [f'"{layouts.split_column(line)[0]}"' for line in table.columns]
            say(f'COPY "{schema}".{table.name} ({", ".join(names)}) FROM stdin;\n')
            table.file.seek(0)
            shutil.copyfileobj(table.file, out, 1 << 20)
            say("\\.\n")
        if constrained:
            for line in layouts.constraints(schema, self.layout):
                say(line)
        for number, (table, columns) in enumerate(layouts.indexes(self.layout)):
            say(f'CREATE INDEX legacy_{number} ON "{schema}".{table} ({columns});\n')
        for table in self.tables.values():
            say(f'ALTER TABLE "{schema}".{table.name} ALTER id RESTART {table.last_id + 1};\n')
        say("COMMIT;\nANALYZE;\n")


class Pieces:
    """Texts kept on disk under a name, to be written out together later."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()
        self.end = 0
        self.places = {}

    def keep(self, name, text):
        data = text.encode()
        places = self.places.get(name)
        if places is None:
            places = self.places[name] = array.array("Q")
        places.append(self.end)
        places.append(len(data))
        self.end += self.file.write(data)

    def read(self, name):
        places = self.places.get(name, ())
        for at in range(0, len(places), 2):
            self.file.seek(places[at])
            yield self.file.read(places[at + 1]).decode()
