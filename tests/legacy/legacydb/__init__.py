"""An invented legacy AutoCusto database, and what an import has to make of it.

`layout` holds the tables, `dice` the invented people, `rows` the files, `case` one master with its
versions and relations, `rulings` what has to become of a case; `regular` and the `nasty_*` modules
make cases, `database` puts all together. Standard library only.
"""
