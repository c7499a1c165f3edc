import json

from rocrate.rocrate import ROCrate

from qorgau.ensemble.crate import write_crate
from qorgau.ensemble.files import checksum
from qorgau.ensemble.runner import simulate_inputs
from tests.ensemble.fakes import fake_inputs


def graph(out):
    return {item["@id"]: item for item in json.loads((out / "ro-crate-metadata.json").read_text())["@graph"]}


def test_crate_says_what_made_the_folder(tmp_path):
    simulate_inputs(fake_inputs(), ["outreach"], 6, seed=4, out=tmp_path, knockouts=2, command="qorgau simulate toy")
    items = graph(tmp_path)
    assert items["#case"]["identifier"] == "sha256:abc" and items["#seed"]["value"] == 4
    assert items["#design"]["value"] == "sobol" and items["#run"]["description"] == "qorgau simulate toy"
    assert items["#software-qorgau"]["softwareVersion"] and items["#software-numba"]["softwareVersion"]
    assert "Detected is not prevalence" in items["./"]["description"] and items["./"]["license"]
    for part in items["./"]["hasPart"]:
        item = items[part["@id"]]
        assert item["sha256"] == checksum(tmp_path / item["@id"])["sha256"]
    listed = {part["@id"] for part in items["./"]["hasPart"]}
    assert listed == {
        str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*") if p.suffix in (".parquet", ".json")
    } - {"ro-crate-metadata.json"}


def test_crate_is_read_by_the_library_and_names_no_person(tmp_path):
    simulate_inputs(fake_inputs(), ["outreach"], 3, out=tmp_path)
    crate = ROCrate(tmp_path)
    assert not [e for e in crate.get_entities() if e.type == "Person"]


def test_crate_takes_further_files_and_is_replaced_when_written_again(tmp_path):
    simulate_inputs(fake_inputs(), ["outreach"], 3, out=tmp_path)
    (tmp_path / "report.html").write_text("<p>")
    (tmp_path / "summary.json").write_text("{}")
    write_crate(tmp_path, {"summary.json": "The summary"})
    items = graph(tmp_path)
    assert (
        items["summary.json"]["description"] == "The summary" and items["report.html"]["encodingFormat"] == "text/html"
    )
