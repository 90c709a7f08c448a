#!/usr/bin/env python3
"""Installs the build into an empty tree, each component alone, and tries what came out of it.

    install_test.py CMAKE BUILD_FOLDER      with --no-page for a build without the doctor's page
"""
import configparser
import os
import pathlib
import subprocess
import sys
import tempfile

LICENCES = {"usr/share/doc/autocusto/LICENSE", "usr/share/doc/autocusto/NOTICE"}


def texts_of(program: str) -> set[str]:
    return {f"usr/share/man/man1/{program}.1", f"usr/share/bash-completion/completions/{program}",
            f"usr/share/zsh/site-functions/_{program}", f"usr/share/fish/vendor_completions.d/{program}.fish"}


COMPONENTS = {
    "laptop": {
        "usr/bin/autocusto",
        "usr/share/man/pt_BR/man1/autocusto.1",
        "usr/share/metainfo/autocusto.metainfo.xml",
        "usr/share/locale/pt_BR/LC_MESSAGES/autocusto.mo",
        "usr/share/applications/autocusto.desktop",
        "usr/share/icons/hicolor/scalable/apps/autocusto.svg",
    } | texts_of("autocusto"),
    "server": {"usr/bin/autocusto-server"} | texts_of("autocusto-server"),
    "administration": {"usr/bin/autocusto-admin", "usr/bin/autocusto-import"}
                      | texts_of("autocusto-admin") | texts_of("autocusto-import"),
}
PAGE_ONLY = {"usr/share/applications/autocusto.desktop", "usr/share/metainfo/autocusto.metainfo.xml",
             "usr/share/icons/hicolor/scalable/apps/autocusto.svg"}


def install(cmake: str, build: str, component: str, into: pathlib.Path) -> set[str]:
    subprocess.run([cmake, "--install", build, "--prefix", "/usr", "--component", component],
                   env={**os.environ, "DESTDIR": str(into)}, check=True, stdout=subprocess.DEVNULL)
    return {str(p.relative_to(into)) for p in into.rglob("*") if not p.is_dir()}


def says(program: pathlib.Path, *arguments: str, **environment: str) -> str:
    env = {k: v for k, v in os.environ.items() if k not in ("LANG", "LANGUAGE", "LC_ALL")}
    done = subprocess.run([str(program), *arguments], env={**env, **environment},
                          capture_output=True, text=True, check=True)
    return done.stdout


def check_desktop_entry(tree: pathlib.Path) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(tree / "usr/share/applications/autocusto.desktop", encoding="utf-8")
    fields = entry["Desktop Entry"]
    program, *arguments = fields["Exec"].split()
    assert (tree / "usr/bin" / program).exists(), fields["Exec"]
    assert "--no-open" in says(tree / "usr/bin" / program, *arguments, "--help"), fields["Exec"]
    icon = tree / f"usr/share/icons/hicolor/scalable/apps/{fields['Icon']}.svg"
    assert icon.exists(), fields["Icon"]


def main() -> None:
    cmake, build = sys.argv[1:3]
    page = "--no-page" not in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        for component, files in COMPONENTS.items():
            tree = pathlib.Path(folder) / component
            tree.mkdir()
            found = install(cmake, build, component, tree)
            wanted = (files if page else files - PAGE_ONLY) | LICENCES
            assert found == wanted, f"{component}: {sorted(found ^ wanted)}"
            for program in sorted((tree / "usr/bin").iterdir()):
                assert says(program, "--help", LC_ALL="C.UTF-8"), program
        laptop = pathlib.Path(folder) / "laptop"
        # Moved elsewhere, it still finds its texts.
        moved = laptop.rename(pathlib.Path(folder) / "elsewhere")
        assert "Abre a página no navegador" in says(moved / "usr/bin/autocusto", "--help", LC_ALL="pt_BR.UTF-8")
        if page:
            check_desktop_entry(moved)


main()
