"""Names and counts of the demo district: its subdistricts, streets and words.

A *row* is one subdistrict (街道) or town (镇). Its *seat* is where most of its people live, as
fractions of the district's width (from the west) and height (from the south). All names are
invented. What is not invented is how many facilities a row has: these are the numbers of the
canteen plan of 2023, so that the demo has the proportions of a real district.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SOURCE_OF_COUNTS = "SPB-canteen: 沙坪坝区社区食堂全覆盖建设管理方案, 18 September 2023, table"
"""Where the numbers of centres, stations and canteens by row come from."""

MUTUAL_AID_POINTS = 38
"""Village mutual-aid points, published in total only (SPB-145-elder, as built by 2020)."""

TODAY = 2026
"""The year of the study: what opens later is planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One subdistrict: its names, its facilities, its seat and its age.

    ``reach_m`` is the distance from the seat at which building has thinned to a third, on the
    full board. ``crowding`` is people per floor area, relative to the other rows.
    """

    zh: str
    en: str
    town: bool = False
    care_centres: int
    care_stations: int
    canteens: int
    seat: tuple[float, float]
    reach_m: float
    share_60plus: float
    crowding: float = 1.0

    def label(self, language: str) -> str:
        """Return the full name, 云台街道 or Yuntai Subdistrict."""
        if language == "zh":
            return self.zh + ("镇" if self.town else "街道")
        return f"{self.en} {'Town' if self.town else 'Subdistrict'}"


def _row(
    zh: str,
    en: str,
    counts: tuple[int, int, int],
    seat: tuple[float, float],
    reach_m: float,
    share_60plus: float,
    crowding: float = 1.0,
    *,
    town: bool = False,
) -> Row:
    centres, stations, canteens = counts
    return Row(
        zh=zh,
        en=en,
        town=town,
        care_centres=centres,
        care_stations=stations,
        canteens=canteens,
        seat=seat,
        reach_m=reach_m,
        share_60plus=share_60plus,
        crowding=crowding,
    )


ROWS: tuple[Row, ...] = (
    _row("青溪", "Qingxi", (1, 2, 1), (0.065, 0.86), 620, 0.24, town=True),
    _row("白鹭", "Bailu", (1, 1, 1), (0.060, 0.21), 520, 0.24, town=True),
    _row("竹溪", "Zhuxi", (0, 1, 1), (0.250, 0.94), 480, 0.24, town=True),
    _row("松岭", "Songling", (1, 1, 1), (0.480, 0.91), 520, 0.24, town=True),
    _row("云岭", "Yunling", (0, 2, 2), (0.575, 0.56), 560, 0.21),
    _row("望江", "Wangjiang", (1, 6, 2), (0.962, 0.66), 1250, 0.20),
    _row("石榴", "Shiliu", (0, 5, 1), (0.360, 0.74), 1150, 0.11, 0.9),
    _row("云台", "Yuntai", (1, 7, 4), (0.350, 0.47), 1450, 0.11, 0.9),
    _row("榕荫", "Rongyin", (1, 6, 1), (0.765, 0.585), 1250, 0.22, 1.1),
    _row("书院", "Shuyuan", (0, 5, 1), (0.695, 0.500), 1200, 0.22, 1.1),
    _row("钟楼", "Zhonglou", (1, 4, 1), (0.765, 0.435), 1100, 0.22, 1.2),
    _row("梧桐", "Wutong", (0, 7, 3), (0.690, 0.345), 1300, 0.22, 1.1),
    _row("渡口", "Dukou", (1, 5, 1), (0.835, 0.500), 1100, 0.22, 1.1),
    _row("清泉", "Qingquan", (1, 5, 1), (0.665, 0.160), 1150, 0.22),
    _row("芦湾", "Luwan", (0, 2, 2), (0.958, 0.26), 850, 0.20),
    _row("石阶", "Shijie", (1, 5, 1), (0.825, 0.690), 1200, 0.23),
    _row("桂香", "Guixiang", (1, 5, 3), (0.700, 0.700), 1250, 0.22),
    _row("老街", "Laojie", (1, 4, 1), (0.790, 0.270), 1200, 0.23),
    _row("雾林", "Wulin", (0, 2, 1), (0.572, 0.25), 460, 0.21),
    _row("新禾", "Xinhe", (1, 7, 1), (0.215, 0.300), 1350, 0.11, 0.9),
    _row("锦田", "Jintian", (0, 3, 1), (0.135, 0.580), 1050, 0.11, 0.9),
    _row("晴川", "Qingchuan", (1, 3, 1), (0.370, 0.190), 1000, 0.11, 0.9),
)
"""The 22 rows, in the order of the canteen plan's table (the towns first)."""

OTHER = Row(
    zh="其他",
    en="Other",
    care_centres=1,
    care_stations=2,
    canteens=3,
    seat=(0.225, 0.715),
    reach_m=1100.0,
    share_60plus=0.11,
)
"""Row 23 of the table: no subdistrict, no polygon; here, the university area."""

# Characters of street names with their reading; two of them make a name.
_STREET_CHARACTERS: dict[str, str] = {
    "云": "yun", "青": "qing", "石": "shi", "榴": "liu", "竹": "zhu", "松": "song",
    "桂": "gui", "兰": "lan", "荷": "he", "梅": "mei", "枫": "feng", "柳": "liu",
    "溪": "xi", "泉": "quan", "湖": "hu", "岚": "lan", "霞": "xia", "月": "yue",
    "星": "xing", "晨": "chen", "晓": "xiao", "春": "chun", "秋": "qiu", "禾": "he",
    "稻": "dao", "麦": "mai", "鹭": "lu", "鹤": "he", "燕": "yan", "雁": "yan",
    "鹿": "lu", "书": "shu", "墨": "mo", "砚": "yan", "琴": "qin", "棋": "qi",
    "画": "hua", "歌": "ge", "锦": "jin", "绣": "xiu", "瓷": "ci", "玉": "yu",
    "珠": "zhu", "银": "yin", "金": "jin", "安": "an", "宁": "ning", "和": "he",
    "悦": "yue", "康": "kang", "福": "fu", "瑞": "rui", "祥": "xiang", "德": "de",
    "仁": "ren", "义": "yi", "礼": "li", "信": "xin", "学": "xue", "文": "wen",
    "思": "si", "明": "ming",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StreetNames:
    """Invented street stems, each used once; ``name(k, ...)`` never repeats for a new ``k``."""

    order: NDArray[np.int64]

    @classmethod
    def shuffled(cls, rng: np.random.Generator) -> "StreetNames":
        """Return all stems in an order of their own."""
        count = len(_STREET_CHARACTERS)
        return cls(rng.permutation(count * count))

    def name(self, k: int, kind: str) -> tuple[str, str]:
        """Return the Chinese and the English name of street ``k`` of a kind (road, lane ...)."""
        count = len(_STREET_CHARACTERS)
        first, second = divmod(int(self.order[k % len(self.order)]), count)
        if first == second:
            second = (second + 1) % count
        characters = list(_STREET_CHARACTERS.items())
        (zh_a, en_a), (zh_b, en_b) = characters[first], characters[second]
        zh_end, en_end = STREET_KINDS[kind]
        # A second round through the stems is told apart by a compass word, never repeated.
        turn_zh, turn_en = ROUNDS[(k // len(self.order)) % len(ROUNDS)]
        return f"{zh_a}{zh_b}{turn_zh}{zh_end}", f"{(en_a + en_b).capitalize()} {turn_en}{en_end}"


STREET_KINDS = {
    "avenue": ("大道", "Avenue"),
    "road": ("路", "Road"),
    "street": ("街", "Street"),
    "lane": ("巷", "Lane"),
    "steps": ("梯坎", "Steps"),
    "village_road": ("村道", "Village Road"),
}
ROUNDS = (("", ""), ("东", "East "), ("西", "West "), ("南", "South "), ("北", "North "))

KINDS = {
    "care_centre": ("养老服务中心", "Care Centre"),
    "care_station": ("养老服务站", "Care Station"),
    "mutual_aid": ("互助养老点", "Mutual-aid Point"),
    "canteen": ("社区食堂", "Community Canteen"),
    "nursing_centre": ("区级护养中心", "District Nursing Centre"),
}
"""Kinds of facility by key: the Chinese kind, and the English words of its name."""

TIERS = {
    "district": "区级", "subdistrict": "街道级", "town": "镇级", "community": "社区级",
    "village": "村级",
}  # fmt: skip
"""Levels that run a facility, in both languages."""

ZONES = {"zh": ("老城核心", "新区平原"), "en": ("old core", "new plain")}
"""Parts of the district that are compared: the subdistricts east of the ridge, and in the plain."""


def zone_rows() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows of the old core (between ridge and river) and of the new plain."""
    in_town = [(k, row.seat[0]) for k, row in enumerate(ROWS) if not row.town]
    core = tuple(k for k, east in in_town if 0.60 < east < 0.875)
    return core, tuple(k for k, east in in_town if east < 0.47)


def tier_of(kind: str, row: int) -> str:
    """Return the level that runs a facility (a key of ``TIERS``); canteens name none."""
    town = row < len(ROWS) and ROWS[row].town
    return {
        "nursing_centre": "district", "care_centre": "town" if town else "subdistrict",
        "care_station": "community", "mutual_aid": "village",
    }.get(kind, "")  # fmt: skip


TENURES = (
    ("公有闲置", "public, idle"),
    ("公有在用", "public, in use"),
    ("小区配套移交", "handed over by compound"),
    ("私有租赁", "private, for rent"),
)
"""Tenures of premises for new sites, in both languages."""
