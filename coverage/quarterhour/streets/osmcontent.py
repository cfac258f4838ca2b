"""What Overpass sent, put together and written as an OSM file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quarterhour.streets.askosm import Answers

Tags = Mapping[str, str]
# Type (n, w or r), number and role.
Member = tuple[str, int, str]


@dataclass(frozen=True, slots=True, eq=False)
class OsmContent:
    """Nodes, ways and relations of all answers, by id.

    Attributes
    ----------
    nodes
        Position (longitude, latitude) and tags.
    ways
        Nodes and tags.
    relations
        Members and tags.
    stamps
        As of when the map was, each once.
    """

    nodes: Mapping[int, tuple[tuple[float, float], Tags]]
    ways: Mapping[int, tuple[list[int], Tags]]
    relations: Mapping[int, tuple[list[Member], Tags]]
    stamps: tuple[str, ...]

    @classmethod
    def of(cls, answers: Iterable[Answers]) -> "OsmContent":
        """Put answers together; where two know one thing, the later state of the map wins."""
        contents = [c for a in answers for c in a.contents()]
        contents.sort(key=_stamp)
        nodes, ways, relations = {}, {}, {}
        for content in contents:
            for thing in content["elements"]:
                number, tags = int(thing["id"]), thing.get("tags", {})
                if thing["type"] == "node":
                    nodes[number] = ((thing["lon"], thing["lat"]), tags)
                elif thing["type"] == "way":
                    ways[number] = (thing["nodes"], tags)
                elif thing["type"] == "relation":
                    members = [
                        (str(m["type"])[0], int(m["ref"]), str(m.get("role", "")))
                        for m in thing.get("members", ())
                    ]
                    relations[number] = (members, tags)
        stamps = sorted({stamp for c in contents if (stamp := _stamp(c))})
        return cls(nodes, ways, relations, tuple(stamps))

    def write(self, path: Path) -> None:
        """Write nodes, ways, relations by ascending id, as readers of OSM files expect them."""
        import osmium
        from osmium.osm.mutable import Node, Relation, Way

        header = osmium.io.Header()
        header.set("generator", "quarterhour")
        writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)
        try:
            for number, (lonlat, tags) in sorted(self.nodes.items()):
                writer.add_node(Node(id=number, location=lonlat, tags=_sorted(tags)))
            for number, (refs, tags) in sorted(self.ways.items()):
                writer.add_way(Way(id=number, nodes=refs, tags=_sorted(tags)))
            for number, (members, tags) in sorted(self.relations.items()):
                writer.add_relation(Relation(id=number, members=members, tags=_sorted(tags)))
        finally:
            writer.close()


def _sorted(tags: Tags) -> dict[str, str]:
    return dict(sorted(tags.items()))


def _stamp(content: Mapping[str, Any]) -> str:
    return str(content.get("osm3s", {}).get("timestamp_osm_base", ""))
