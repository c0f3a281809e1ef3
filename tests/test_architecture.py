"""What no single module can promise: sizes, places and borders of the whole tree."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from itertools import product
from pathlib import Path

import pytest

import kiosk
from tests.conftest import ALONE, LONG, WAITING, among

ROOT = Path(__file__).parent.parent
LONGEST_MODULE_LINES = 400

# Who may start tasks in the kiosk; the local Live service has task groups of its own.
TASK_STARTERS = {
    "kiosk/daemon.py",
    "kiosk/doctor/examining.py",  # one a check, in the group of its own examine()
    "kiosk/runtime/link.py",  # connects and connections, in the group of its own run()
    "kiosk/runtime/errands.py",  # one a tool call, in the group of its own serve()
    "kiosk/runtime/tools/deadline.py",  # what is waited for, cancelled when nobody waits
}


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the project that match; what is ignored or built is not ours."""
    return sorted(
        ROOT / name
        for name in FILES
        if any(fnmatch(name, pattern) for pattern in patterns) and (ROOT / name).is_file()
    )


def _files() -> list[str]:
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout.splitlines()
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    hidden = re.compile(r"\.(?!ci\b)|node_modules$|__pycache__$|demo-out$")
    return [str(name) for name in names if not any(map(hidden.match, name.parts))]


FILES = _files()
MODULES = tracked("kiosk/*.py")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert {"kiosk/errors.py", "kiosk/core/lights.py"} <= {name_of(path) for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def starts_tasks(path: Path) -> bool:
    """Whether the module calls ``create_task`` of anything."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"create_task", "ensure_future"}
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_tasks_are_started_where_they_are_owned_and_nowhere_else() -> None:
    starters = {
        name
        for path in MODULES
        if starts_tasks(path) and not (name := name_of(path)).startswith("kiosk/local_live/")
    }

    assert starters <= TASK_STARTERS


HOME = re.compile(r"""(?<![\w/.])/(?:home|root|Users)/[\w.-]+""")
HOME_EXAMPLES = {"/home/ada", "/home/pi", "/home/kiosk"}


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    text_files = tracked("*.py", "*.toml", "*.md", "*.service", "*.conf", "scripts/*", ".ci/*")
    homes = {
        f"{name_of(path)}: {found}"
        for path in text_files
        if path.name != "test_architecture.py"
        for found in HOME.findall(path.read_text(errors="replace"))
        if found not in HOME_EXAMPLES
    }

    assert homes == set()


def test_an_installed_version_says_the_number_it_was_packaged_with() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert kiosk.__version__ == packaged


def test_the_lock_names_no_address_and_every_package_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    requirements = re.findall(r"^[^ #\n].*?(?=^[^ #\n]|\Z)", lock, re.MULTILINE | re.DOTALL)

    assert "://" not in lock
    assert len(requirements) > 50
    assert [one.split()[0] for one in requirements if "--hash=sha256:" not in one] == []


def test_spoken_numbers_are_read_with_the_standard_library_alone() -> None:
    imported = {
        name
        for path in tracked("kiosk/core/spoken/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }

    others = {name for name in imported if not name.startswith("kiosk.core.spoken")}
    assert {name.partition(".")[0] for name in others} <= {*sys.stdlib_module_names}


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module):
            return [module or ""]
        case _:
            return []


def test_imports_point_down_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stdout


def test_bash_scripts_stop_at_the_first_mistake() -> None:
    scripts = [
        path
        for path in tracked("scripts/*", ".ci/*")
        if path.read_text().startswith("#!") and "bash" in path.read_text().splitlines()[0]
    ]

    assert len(scripts) >= 5
    for path in scripts:
        assert "\nset -euo pipefail\n" in path.read_text(), path


def test_the_whole_run_leaves_no_test_out_and_runs_none_twice() -> None:
    _, _, whole = (ROOT / "scripts/test").read_text().partition("\n  all)\n")
    steps = re.findall(
        r'^ *step .* -m "([^"]+)" \|\| failed=1$', whole.partition(";;")[0], re.MULTILINE
    )

    assert len(steps) == 3
    for waiting, alone in product((False, True), repeat=2):
        chosen = [eval(step, {}, {"waiting": waiting, "alone": alone}) for step in steps]
        assert sum(chosen) == 1, (waiting, alone)


def test_what_needs_the_machine_alone_is_where_it_is_said_to_be() -> None:
    said = {place for place in (*ALONE, *WAITING, *LONG) if place.endswith(".py")}

    assert {place for place in said if not (ROOT / "tests" / place).is_file()} == set()


def test_a_test_with_real_sound_is_not_run_beside_what_takes_every_core() -> None:
    sounding = {
        path
        for path in tracked("tests/*.py")
        if re.search(r"^from (kiosk.adapters.virtual_sound|tests.e2e.rig) ", path.read_text(), re.M)
    }

    assert {path for path in sounding if not among(path, (*ALONE, *WAITING))} == set()
    assert len(sounding) > 10
