"""Where a PBX can't be had, the reason is said, with what would help."""

import os
from pathlib import Path

import pytest

from lab import install as lab_install
from lab.install import Installation, PbxUnavailable, find, install, write_name_files


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A Debian machine with apt, run by root, with no Asterisk and nothing installed in the project."""
    monkeypatch.setattr(lab_install, "ROOT", tmp_path / "pbx-root")
    monkeypatch.setattr(lab_install, "LOCAL", tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name, path=None: None if name == "asterisk" else f"/usr/bin/{name}")
    monkeypatch.setattr(lab_install, "_os_release", lambda: {"ID": "debian", "PRETTY_NAME": "Debian"})
    monkeypatch.setattr(lab_install, "_has_package", lambda name: False)
    return monkeypatch


def test_an_installed_asterisk_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/usr/sbin/asterisk")
    assert find() == Installation(None, "/usr/sbin/asterisk")
    assert install().command("-V") == ["/usr/sbin/asterisk", "-V"]


def test_a_complete_root_is_taken(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pbx-root").mkdir()
    (tmp_path / "pbx-root" / lab_install.MARKER).write_text("complete\n")
    assert install().command("-V") == ["chroot", str(tmp_path / "pbx-root"), "/usr/sbin/asterisk", "-V"]


def test_one_who_is_not_root_is_told_so(bare: pytest.MonkeyPatch) -> None:
    bare.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PbxUnavailable, match="only root can install one"):
        install()


def test_a_complete_root_needs_root_too(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pbx-root").mkdir()
    (tmp_path / "pbx-root" / lab_install.MARKER).write_text("complete\n")
    bare.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PbxUnavailable, match="only root may do"):
        find()


def test_a_system_without_apt_is_named(bare: pytest.MonkeyPatch) -> None:
    bare.setattr("shutil.which", lambda name, path=None: None)
    bare.setattr(lab_install, "_os_release", lambda: {"PRETTY_NAME": "Other Linux 1"})
    with pytest.raises(PbxUnavailable, match="only on Debian or Ubuntu, not on Other Linux 1"):
        install()


def test_ubuntu_without_the_archive_that_has_it_is_told_which(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(lab_install, "_os_release", lambda: {"ID": "ubuntu"})
    with pytest.raises(PbxUnavailable, match="universe"):
        install()


def test_a_half_made_root_is_made_anew_and_the_marker_comes_last(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "pbx-root"
    (root / "half").mkdir(parents=True)
    said: list[str] = []
    commands: list[list[str]] = []

    def run(command: list[str], limit_s: float) -> str:
        commands.append(list(command))
        assert (root / lab_install.MARKER).exists() == (command[-1] == "-V")
        if command[0] == "debootstrap":
            for folder in ("usr/sbin", "etc/apt/apt.conf.d"):
                (root / folder).mkdir(parents=True)
        if "indextargets" in command:
            return "http://mirror.invalid/debian|bookworm|Packages\nhttp://x.invalid/other|y|Packages\n"
        return "Asterisk 22.1.0~test\n"

    bare.setattr(lab_install, "_run", run)
    assert install(said.append).root == root
    assert not (root / "half").exists()
    bootstrap = next(command for command in commands if command[0] == "debootstrap")
    assert bootstrap[-3:] == ["sid", str(root), "http://mirror.invalid/debian"]
    assert "--force-check-gpg" in bootstrap
    assert "removing a half-made PBX" in said[0]
    assert said[-1] == "installed Asterisk 22.1.0"
    assert (root / "etc/hosts").read_text().startswith("127.0.0.1 localhost ")
    assert "hosts: files" in (root / "etc/nsswitch.conf").read_text()
    assert (root / "usr/sbin/policy-rc.d").stat().st_mode & 0o111


def test_the_package_is_installed_without_starting_its_service(bare: pytest.MonkeyPatch) -> None:
    policies: list[str] = []
    commands: list[list[str]] = []
    bare.setattr(lab_install, "_has_package", lambda name: True)
    bare.setattr(lab_install, "_write_policy", lambda path: policies.append(str(path)))
    bare.setattr(Path, "exists", lambda path: False)
    bare.setattr(Path, "unlink", lambda path, missing_ok=False: policies.append(f"gone {path}"))

    def run(command: list[str], limit_s: float) -> str:
        commands.append(list(command))
        return ""

    bare.setattr(lab_install, "_run", run)
    with pytest.raises(PbxUnavailable, match="there is no `asterisk` afterwards"):
        install(lambda text: None)
    assert commands[-1][-len(lab_install.PACKAGES) :] == list(lab_install.PACKAGES)
    assert policies == ["/usr/sbin/policy-rc.d", "gone /usr/sbin/policy-rc.d"]


def test_a_command_that_fails_is_shown_with_its_last_words() -> None:
    with pytest.raises(PbxUnavailable, match="failed with status 3:\nno space left"):
        lab_install._run(["sh", "-c", "echo no space left; exit 3"], limit_s=10)


def test_a_command_that_is_not_there_is_shown() -> None:
    with pytest.raises(PbxUnavailable, match="no-such-command"):
        lab_install._run(["no-such-command"], limit_s=10)


def test_a_mounted_root_is_never_deleted(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "pbx-root"
    root.mkdir()
    bare.setattr(Path, "read_text", lambda path: f"proc {root}/proc proc rw 0 0\n")
    with pytest.raises(PbxUnavailable, match="is mounted inside"):
        lab_install.remove_root()
    assert root.exists()


def test_subprocess_environment_needs_no_terminal() -> None:
    assert "noninteractive" in lab_install._run(["sh", "-c", "echo $DEBIAN_FRONTEND"], limit_s=10)


def test_name_files_are_not_touched_while_another_pbx_may_read_them(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    write_name_files(tmp_path)
    files = [tmp_path / "etc/hosts", tmp_path / "etc/nsswitch.conf"]
    for file in files:
        os.utime(file, (0, 0))
    write_name_files(tmp_path)
    assert [file.stat().st_mtime for file in files] == [0, 0]
