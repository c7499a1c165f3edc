from __future__ import annotations

import socket
from pathlib import Path

import pytest

from qorgau.case import Case
from qorgau.errors import InputError
from qorgau.web.serving import resolve, serve


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_no_host_but_loopback_is_served(template: Case, host: str) -> None:
    with pytest.raises(InputError, match="not this machine's loopback"):
        serve(template, host=host)


def test_a_port_that_is_taken_is_said_to_be(template: Case) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="--port"):
            serve(template, port=taken.getsockname()[1])


def test_a_target_is_a_case_by_name_or_folder_or_itself(template: Case) -> None:
    assert resolve(template) == (template, None)
    assert resolve("template")[0].hash == resolve(template.folder)[0].hash == template.hash


def test_results_without_their_case_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="not kept"):
        resolve(tmp_path)
