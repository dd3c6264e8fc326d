"""The launcher in Asterisk's AGI folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.serve import install
from ivr_agi.serve.install import (
    find_agi_dir,
    install_launcher,
    launcher_text,
    remove_launcher,
)
from ivr_agi.settings import ServeSettings, Settings


def text(folder: Path) -> str:
    """A launcher."""
    serve = ServeSettings(socket="run/so'cket", without_server="refuse")
    return launcher_text(Settings(serve=serve, base=folder), ["/opt/x/ivr-agi", "call"])


def test_its_settings_are_filled_in(tmp_path: Path) -> None:
    """Each once, whatever the path looks like; the rest is the module as it is."""
    names: dict[str, object] = {"__name__": "launcher"}
    code = text(tmp_path)
    exec(code, names)
    assert names["SOCKET"] == f"{tmp_path}/run/so'cket"
    assert names["PROGRAM"] == ("/opt/x/ivr-agi", "call")
    assert names["WITHOUT_SERVER"] == "refuse"
    first, *lines = code.splitlines()
    python, options = first.removeprefix("#!").split()
    assert (os.access(python, os.X_OK), options) == (True, "-IS")
    module = Path(install.__file__).with_name("launcher.py").read_text().splitlines()
    assert len([line for line in module if line not in lines]) == 3


def test_it_comes_and_goes(tmp_path: Path) -> None:
    """Executable for all; a second time in its own place; nothing is left of it."""
    assert remove_launcher(tmp_path) is None
    for _ in range(2):
        path = install_launcher(tmp_path, text(tmp_path))
        assert path == tmp_path / "ivr-agi"
        assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert remove_launcher(tmp_path) == path
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Somebody's own script of that name is neither overwritten nor deleted."""
    path = tmp_path / "ivr-agi"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(ConfigError, match="this file is not ours"):
        install_launcher(tmp_path, text(tmp_path))
    with pytest.raises(ConfigError, match="this file is not ours"):
        remove_launcher(tmp_path)
    assert path.read_text() == "#!/bin/sh\n"


def test_folders_that_are_no_good(tmp_path: Path) -> None:
    """Not there; anybody may write; somebody else's."""
    with pytest.raises(ConfigError, match="cannot write it: No such file"):
        install_launcher(tmp_path / "none", text(tmp_path))
    folder = tmp_path / "agi-bin"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="everybody may write into this folder"):
        install_launcher(folder, text(tmp_path))
    if os.geteuid() == 0:
        folder.chmod(0o755)
        os.chown(folder, 12345, 12345)
        with pytest.raises(ConfigError, match="that of user 12345"):
            install_launcher(folder, text(tmp_path))


def test_where_asterisk_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As asterisk.conf says, else where it usually is."""
    conf = tmp_path / "asterisk.conf"
    conf.write_text("[directories](!)\n;astagidir => /no\nastagidir => /srv/agi ; ours\n")
    assert find_agi_dir(conf) == Path("/srv/agi")
    monkeypatch.setattr(install, "_FOLDERS", (str(tmp_path / "none"), str(tmp_path)))
    assert find_agi_dir(tmp_path / "none") == tmp_path
    monkeypatch.setattr(install, "_FOLDERS", ())
    with pytest.raises(ConfigError, match="name the folder with --agi-dir"):
        find_agi_dir(tmp_path / "none")


def test_the_right_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that Asterisk's user can start: not one in root's home."""
    private = tmp_path / "home" / "python3"
    private.parent.mkdir(mode=0o700)
    private.write_text("#!/bin/sh\n")
    private.chmod(0o755)
    public = "/bin/sh"
    monkeypatch.setattr(install, "_interpreters", lambda: [str(private), public])
    assert text(tmp_path).startswith(f"#!{public} -IS\n")
    monkeypatch.setattr(install, "_interpreters", lambda: [str(private)])
    with pytest.raises(ConfigError, match="no Python that everybody can start"):
        text(tmp_path)


def tenant(folder: Path, name: str) -> Settings:
    """Settings of their own file."""
    return Settings(base=folder, file=str(folder / f"{name}.toml"))


def test_several_tenants(tmp_path: Path) -> None:
    """A launcher for each settings file; none takes the place of another's."""
    program = ["/opt/x/ivr-agi", "call"]
    one, two = (launcher_text(tenant(tmp_path, name), program) for name in ("one", "two"))
    assert f"('/opt/x/ivr-agi', 'call', '--config', '{tmp_path}/one.toml')" in one
    install_launcher(tmp_path, one)
    with pytest.raises(ConfigError, match="this launcher is for .*one.toml, not for .*two.toml"):
        install_launcher(tmp_path, two)
    assert install_launcher(tmp_path, two, "ivr-two") == tmp_path / "ivr-two"
    assert install_launcher(tmp_path, one).read_text() == one
    assert remove_launcher(tmp_path, "ivr-two") == tmp_path / "ivr-two"
    assert (tmp_path / "ivr-agi").exists()


@pytest.mark.parametrize("name", ["", "../ivr", "a b", "-x", "a,b"])
def test_a_name_that_eagi_cannot_take(tmp_path: Path, name: str) -> None:
    """It would be another file, or several arguments."""
    with pytest.raises(ConfigError, match="--name: must be letters"):
        install_launcher(tmp_path, text(tmp_path), name)


def test_the_default_settings_have_one_name(tmp_path: Path) -> None:
    """Whether they are named or found."""
    named = Settings(file="/etc/ivr-agi/ivr-agi.toml")
    for settings in (Settings(), named, Settings()):
        install_launcher(tmp_path, launcher_text(settings, ["/x"]))
