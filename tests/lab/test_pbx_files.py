"""The files that a laboratory PBX starts from, without a PBX."""

from pathlib import Path

import pytest

from lab.pbx_files import Plan, check_extra, write


def plan(*, records: bool) -> Plan:
    return Plan("/srv/x", "/run/x", "/usr/share/asterisk", 5060, 5038, None, "s3cret", ["1001"], None, {}, records)


def test_pbx_keeps_no_records_unless_it_is_told_to_as_an_admin_tells_it(tmp_path: Path) -> None:
    write(tmp_path, plan(records=False))
    assert "enable = no" in (tmp_path / "etc/cdr.conf").read_text()
    assert "cdr_csv" not in (tmp_path / "etc/modules.conf").read_text()
    write(tmp_path, plan(records=True))
    for name in ("cdr.conf", "cel.conf", "cel_custom.conf"):
        included = (tmp_path / "etc" / name).read_text().removeprefix('#include "').removesuffix('"\n')
        assert (tmp_path / "etc" / included).is_file()
        assert f'#include "{included}"' in (tmp_path / "etc" / included).read_text()  # it says how to use it
    modules = (tmp_path / "etc/modules.conf").read_text()
    assert modules.endswith("load = cdr_csv.so\nload = res_cdrel_custom.so\nload = cel_custom.so\n")
    assert (tmp_path / "log/cdr-csv").is_dir()


def test_text_for_a_file_that_takes_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not for rtp\.conf"):
        check_extra({"rtp.conf": "x"})
