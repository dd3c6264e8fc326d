"""``ivr-agi install`` on a machine that is a folder: Debian's Asterisk, one from source."""

from __future__ import annotations

import getpass
import grp
import os
import re
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.errors import ConfigError
from ivr_agi.serve import installation as installation_module
from ivr_agi.serve.installation import Installation, plan, sample
from ivr_agi.serve.place import Place
from ivr_agi.settings import load_settings

CONF = "astetcdir => /etc/asterisk\nastdatadir => {data}\nastagidir => {data}/agi-bin\n"
USER, GROUP = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name


def machine(folder: Path, data: str = "/usr/share/asterisk") -> Path:
    """With an Asterisk that has a dialplan."""
    (folder / "etc/asterisk").mkdir(parents=True)
    conf = CONF.format(data=data) + f"[options]\nrunuser = {USER}\nrungroup = {GROUP}\n"
    (folder / "etc/asterisk/asterisk.conf").write_text(conf)
    (folder / "etc/asterisk/extensions.conf").write_text("[globals]\nA=1\n[from-phones]\n")
    return folder


def everything(root: Path) -> dict[str, str]:
    """All files below a folder, and empty folders."""
    found = {}
    for path in root.rglob("*"):
        if path.is_symlink():
            found[str(path.relative_to(root))] = f"-> {path.readlink()}"
        elif path.is_file():
            found[str(path.relative_to(root))] = path.read_text()
    return found


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr_agi.cli.install.program_words", lambda: ["/opt/ivr-agi/bin/ivr-agi"])


@pytest.mark.parametrize("data", ["/usr/share/asterisk", "/var/lib/asterisk"])
def test_it_comes_and_goes(tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the README once did by hand; a second time nothing; then it is as it was."""
    root = machine(tmp_path, data)
    before = everything(root)
    words = ["install", "--root", str(root)]
    assert main([*words, "--dry-run"]) == 0
    assert everything(root) == before
    told = capsys.readouterr().out
    assert main([*words, "--yes"]) == 0
    assert capsys.readouterr().out.startswith(told)
    there = everything(root)
    settings = load_settings(root / "etc/ivr-agi/ivr-agi.toml")
    assert settings.log.file == "/var/log/ivr-agi/ivr-agi.log"
    assert settings.journal.file == "/var/log/ivr-agi/journal.jsonl"
    assert settings.paths.sounds == f"{data}/sounds"
    assert there["usr/local/bin/ivr-agi"] == "-> /opt/ivr-agi/bin/ivr-agi"
    assert "'--config', '/etc/ivr-agi/ivr-agi.toml'" in there[f"{data[1:]}/agi-bin/ivr-agi"]
    assert there["etc/asterisk/extensions_ivr.conf"] == sample("dialplans/extensions_ivr.conf")
    assert "\n#include extensions_ivr.conf\n" in there["etc/asterisk/extensions.conf"]
    assert f"User={USER}\n" in there["etc/systemd/system/ivr-agi.service"]
    assert "config /etc/ivr-agi/ivr-agi.toml" in there["etc/systemd/system/ivr-agi-console.service"]
    assert ".jsonl" not in there["etc/logrotate.d/ivr-agi"]  # it rotates itself
    assert (root / "var/spool/ivr-agi").is_dir()
    assert str(root / "etc/ivr-agi/flows/main_menu.yaml") in told

    assert main([*words, "--yes"]) == 0
    assert everything(root) == there
    assert main([*words, "--remove", "--yes"]) == 0
    assert everything(root) == before
    assert not (root / "etc/ivr-agi").exists()


def test_what_is_changed_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings, flows and data of the administrator; --purge deletes them."""
    root = machine(tmp_path)
    words = ["install", "--root", str(root), "--yes"]
    assert main(words) == 0
    config = root / "etc/ivr-agi/ivr-agi.toml"
    config.write_text("[serve]\nworkers = 2\n")
    (root / "etc/ivr-agi/flows/mine.yaml").write_text("x")
    (root / "var/spool/ivr-agi/prompt").write_text("x")
    assert main(words) == 0
    assert config.read_text() == "[serve]\nworkers = 2\n"
    capsys.readouterr()
    assert main([*words, "--remove"]) == 0
    said = capsys.readouterr().out
    for path in (config, root / "etc/ivr-agi/flows", root / "var/spool/ivr-agi"):
        assert f"  {path}\n" in said
        assert path.exists()
    assert main([*words, "--remove", "--purge"]) == 0
    assert not config.exists()
    assert not (root / "var/spool/ivr-agi").exists()


def test_scripts_of_others_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asterisk's folder of AGI scripts is not ours: --purge had deleted all that was in it."""
    root = machine(tmp_path)
    words = ["install", "--root", str(root), "--yes"]
    assert main(words) == 0
    other = root / "usr/share/asterisk/agi-bin/other.agi"
    other.write_text("x")
    capsys.readouterr()
    assert main([*words, "--remove", "--purge"]) == 0
    assert other.read_text() == "x"
    assert f"{other.parent}\n" not in capsys.readouterr().out
    other.unlink()
    assert main([*words, "--remove", "--purge"]) == 0
    assert other.parent.is_dir()


def test_what_it_takes_out_is_shown_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of that, and nothing else; and nothing at all where there is nothing to do."""
    root = machine(tmp_path)
    words = ["install", "--root", str(root)]
    assert main([*words, "--yes"]) == 0
    capsys.readouterr()
    assert main([*words, "--dry-run"]) == 0
    assert capsys.readouterr().out == "there is nothing to do: all is set up\n"
    (root / "var/spool/ivr-agi/prompt").write_text("x")
    there = everything(root)
    assert main([*words, "--remove", "--dry-run"]) == 0
    assert everything(root) == there
    shown, _, stays = capsys.readouterr().out.partition("what is yours stays")
    assert f"  {root}/var/spool/ivr-agi\n" in stays
    assert main([*words, "--remove", "--yes"]) == 0
    removed = [line for line in capsys.readouterr().out.splitlines() if "removed: " in line]
    assert shown.splitlines()[1:] == [f"  {line.removeprefix('removed: ')}" for line in removed]
    assert len(removed) > 8


def test_two_tenants(tmp_path: Path) -> None:
    """A launcher, a server, settings and folders each; the dialplan is one."""
    root = machine(tmp_path)
    for name in ("ivr-agi", "ivr-two"):
        assert main(["install", "--root", str(root), "--yes", "--name", name]) == 0
    there = everything(root)
    two = load_settings(root / "etc/ivr-two/ivr-agi.toml")
    assert two.serve.socket == "/run/ivr-two/ivr-two.sock"
    assert (two.paths.spool, two.paths.flows) == ("/var/spool/ivr-two", "/etc/ivr-two/flows")
    unit = there["etc/systemd/system/ivr-two.service"]
    serve = "/opt/ivr-agi/bin/ivr-agi serve --config /etc/ivr-two/ivr-agi.toml"
    for line in (
        "Requires=ivr-two.socket",
        f"ExecStart={serve}",
        f"ExecReload={serve} --check",
        "ReadWritePaths=/var/spool/ivr-two /var/log/ivr-two",
        "EnvironmentFile=-/etc/ivr-two/environment",
        "LogsDirectory=ivr-two",
    ):
        assert f"\n{line}\n" in unit
    console = there["etc/systemd/system/ivr-two-console.service"]
    for line in (
        "ExecStart=/opt/ivr-agi/bin/ivr-agi console --config /etc/ivr-two/ivr-agi.toml",
        f"User={USER}",
        "Nice=10",
        "StateDirectory=ivr-two",
        "ReadWritePaths=-/var/spool/ivr-two -/var/log/ivr-two",
        "EnvironmentFile=-/etc/ivr-two/environment",
    ):
        assert f"\n{line}\n" in console
    assert two.store.url == "/var/lib/ivr-two/store.sqlite3"
    one = load_settings(root / "etc/ivr-agi/ivr-agi.toml")
    assert one.console.listen != two.console.listen
    assert "=/run/ivr-two/ivr-two.sock\n" in there["etc/systemd/system/ivr-two.socket"]
    assert "'/run/ivr-two/ivr-two.sock'" in there["usr/share/asterisk/agi-bin/ivr-two"]
    assert there["etc/asterisk/extensions.conf"].count("extensions_ivr.conf") == 1
    remove = ["install", "--root", str(root), "--yes", "--name", "ivr-two", "--remove"]
    assert main(remove) == 0
    assert [name for name in everything(root) if "two" in name] == []
    assert "usr/share/asterisk/agi-bin/ivr-agi" in everything(root)


def test_it_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is done before somebody has agreed; nobody there to ask is an error."""
    root = machine(tmp_path)
    before = everything(root)
    words = ["install", "--root", str(root)]
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(words) == 2
    assert "use --yes, or --dry-run" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "")
    assert main(words) == 1
    assert everything(root) == before
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert main(words) == 0
    assert everything(root) != before


def test_somebody_elses_launcher(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stays, and is told; the rest is done."""
    root = machine(tmp_path)
    other = root / "usr/share/asterisk/agi-bin/ivr-agi"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\n")
    assert main(["install", "--root", str(root), "--yes"]) == 1
    assert "this file is not ours" in capsys.readouterr().err
    assert other.read_text() == "#!/bin/sh\n"
    assert (root / "etc/ivr-agi/ivr-agi.toml").exists()


def test_with_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The units are known to it before they are started, and stopped before they are deleted."""
    monkeypatch.setattr(Installation, "has_systemd", True)
    place = Place(Path("/etc/asterisk"), Path("/agi"), Path("/sounds"), "root", "root")
    wanted = Installation(place, Path("/opt/x/ivr-agi"), tmp_path / "a.toml", root=tmp_path)
    told = [action.missing() for action in plan(wanted)]
    units = [line for line in told if "systemd/system" in line or "systemctl" in line]
    assert units[-2:][0] == "run    systemctl daemon-reload"
    assert units[-1].startswith("run    systemctl enable --now ivr-agi.socket ivr-agi.service")
    assert all(line.startswith("write ") for line in units[:-2])


def test_a_sample_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel has them beside its code."""
    monkeypatch.setattr(installation_module, "_HERE", tmp_path / "ivr_agi")
    with pytest.raises(ConfigError, match="config/x is missing in this installation"):
        sample("config/x")
    (tmp_path / "ivr_agi/samples/config").mkdir(parents=True)
    (tmp_path / "ivr_agi/samples/config/x").write_text("y")
    assert sample("config/x") == "y"


def test_settings_that_are_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is installed for them."""
    root = machine(tmp_path)
    (root / "etc/ivr-agi").mkdir()
    (root / "etc/ivr-agi/ivr-agi.toml").write_text("[serve]\nworkers = 0\n")
    assert main(["install", "--root", str(root), "--yes"]) == 2
    assert "serve.workers" in capsys.readouterr().err
    assert not (root / "usr/local/bin").exists()


@pytest.mark.parametrize("name", ["../x", "", "a b", "A", "x/y", "-x", "x.y", "é", "x\n", "x" * 40])
def test_a_name_stays_in_its_folders(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders, units and files are called so; "../x" wrote a unit beside the units."""
    root = machine(tmp_path)
    before = everything(root)
    with pytest.raises(SystemExit):
        main(["install", "--root", str(root), "--yes", f"--name={name}"])
    assert everything(root) == before
    assert "expected small letters, digits" in capsys.readouterr().err


@pytest.mark.parametrize(
    "file",
    [
        "etc/logrotate.d/asterisk",
        "etc/systemd/system/asterisk.service",
        "lib/systemd/system/asterisk.service",
    ],
)
def test_a_name_of_somebody_else(
    tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units and log rotation are renewed: Asterisk's own were lost."""
    root = machine(tmp_path)
    (root / file).parent.mkdir(parents=True)
    (root / file).write_text("/var/log/asterisk/full {}\n")
    before = everything(root)
    assert main(["install", "--root", str(root), "--yes", "--name", "asterisk"]) == 2
    assert everything(root) == before
    assert "the name 'asterisk' is taken" in capsys.readouterr().err


def test_the_sample_dialplan_lists_what_sample_flows_dial() -> None:
    """A transfer to a number that it does not list ends in the fallback."""
    dialplan = sample("dialplans/extensions_ivr.conf").partition("\n[ivr-transfer]\n")[2]
    listed = set(re.findall(r"^exten => (\d+),", dialplan.partition("\n[")[0], re.MULTILINE))
    flows = Path(__file__).parents[2] / "config/flows"
    dialled = {
        number
        for path in flows.glob("*.yaml")
        for number in re.findall(r'\bextension: "(\d+)"', path.read_text(encoding="utf-8"))
    }
    assert dialled
    assert dialled <= listed
