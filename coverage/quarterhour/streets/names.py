"""Names of streets, matched between a planner's list and the network.

Two names are one street where their *normal forms* are the same: half-width signs, no blanks, no
notes in brackets, simplified characters, Arabic digits (十二支路 is 12支路), and in English whole
words for their short forms (High St. is High Street). What kind of street it is (路, 街, Road,
Lane) always stays: 天星路 is not 天星街. Other names come through the study's aliases; what is left
over is listed with its nearest and never guessed.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from quarterhour.inputs.addresses import street_of
from quarterhour.streets.network import WalkNetwork

_NOTES = re.compile(r"[(\[{【〔〈《].*?[)\]}】〕〉》]")
_SIGNS = re.compile(r"[\W_]+")
_LATIN = re.compile(r"[a-z]")
_TENS = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?")
_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
# Short forms at the end of an English name, or before a last point of the compass.
_SHORT = {
    "rd": "road", "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "ln": "lane",
    "dr": "drive", "blvd": "boulevard", "hwy": "highway", "pl": "place", "sq": "square",
    "ct": "court", "cres": "crescent", "cl": "close", "ter": "terrace", "pde": "parade",
    "gdns": "gardens", "gr": "grove", "pkwy": "parkway",
}  # fmt: skip
_COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west"}
# Traditional signs that are common in the names of streets.
_SIMPLE = str.maketrans(
    "東門龍橋灣廟頭興園關義場塊壩雲華樹馬嶺陽觀壽豐慶寶蘭聯鳳聖橫廣長樂漢軍農莊陳劉張羅鄧楊萬寧衛"
    "國團錦瀘鐵鋪溝濱濟潤學業開電車區號環線幹黃鎮鄉縣雙勝順實麗會議黨與應紅綠銀財貿書聲權機達運輸"
    "崗岡峽巖島灘頂廠廈漁遠鄰錢銅鐘鍾間陰韓顧鳥鷹鵝鶴葉蘇藥許謝譚賢趙鄭靈靜師庫強戲時曉楓榮樓歐氣"
    "涼溫滬澤瀾無燈營獅畫礦窪節築紀紡經綿維緯縱織鎢湧灤瑤盤礎碼禮禪積稅競筆簡糧綜緣羣聰脈腳臨舊藝"
    "蓮處蟲術裡補製觸訓診詩話詳語誠課調",
    "东门龙桥湾庙头兴园关义场块坝云华树马岭阳观寿丰庆宝兰联凤圣横广长乐汉军农庄陈刘张罗邓杨万宁卫"
    "国团锦泸铁铺沟滨济润学业开电车区号环线干黄镇乡县双胜顺实丽会议党与应红绿银财贸书声权机达运输"
    "岗冈峡岩岛滩顶厂厦渔远邻钱铜钟钟间阴韩顾鸟鹰鹅鹤叶苏药许谢谭贤赵郑灵静师库强戏时晓枫荣楼欧气"
    "凉温沪泽澜无灯营狮画矿洼节筑纪纺经绵维纬纵织钨涌滦瑶盘础码礼禅积税竞笔简粮综缘群聪脉脚临旧艺"
    "莲处虫术里补制触训诊诗话详语诚课调",
)
# Kinds of street, which every second name shares: they do not make two names alike.
_KIND = re.compile(r"(?:大道|支路|[路街道巷段]|road|street|avenue|lane|drive)$")
_LEAST_ALIKE = 0.5
# A longer text is no name; what follows its first signs is not looked at.
_LONGEST = 200
_MOST_LISTED = 3


@dataclass(frozen=True, slots=True)
class StreetMatch:
    """Which names of the network each given name means.

    Attributes
    ----------
    labels
        The names that were given.
    numbers
        Indices into ``network.names`` per label; empty where it was not found.
    near
        The nearest names of the network for each label that was not found, best first, at most
        three.
    """

    labels: tuple[str, ...]
    numbers: tuple[tuple[int, ...], ...]
    near: Mapping[str, tuple[str, ...]]

    def unmatched(self) -> list[int]:
        """Return the rows whose name was not found."""
        return [row for row, numbers in enumerate(self.numbers) if not numbers]


@lru_cache(maxsize=65_536)
def street_key(name: str) -> str:
    """Return the normal form of a street's name; empty where nothing is left of it.

    Examples
    --------
    >>> street_key("鳳天路 （北段）"), street_key("十二支路"), street_key("St. Mary's Rd.")
    ('凤天路', '12支路', 'stmarysroad')
    """
    text = unicodedata.normalize("NFKC", name[:_LONGEST]).lower().strip()
    text = _NOTES.sub(" ", text).strip() or text
    if _LATIN.search(text):
        text = _whole_words(text)
    text = _SIGNS.sub("", text).translate(_SIMPLE)
    text = _TENS.sub(_number, text)
    return "".join(_DIGITS.get(sign, sign) for sign in text)


def _whole_words(text: str) -> str:
    words = text.replace(".", " ").split()
    last = len(words) - 1
    if last > 0 and words[last] in _COMPASS:
        words[last] = _COMPASS[words[last]]
        last -= 1
    elif last > 0 and words[last] in _COMPASS.values():
        last -= 1
    # The first word is no kind of street: St. is a saint there.
    if last > 0:
        words[last] = _SHORT.get(words[last], words[last])
    return " ".join(words)


def _number(found: re.Match[str]) -> str:
    """Return 十二 as 12, 二十 as 20."""
    tens, ones = found[0].split("十")
    return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")


def match_streets(
    labels: Sequence[str],
    network: WalkNetwork,
    *,
    aliases: Mapping[str, str] | None = None,
) -> StreetMatch:
    """Match names of streets with those of a network.

    A name of the network wins over an alias. House numbers are left aside.

    Parameters
    ----------
    labels
        Names as a table has them.
    network
        Streets; one name there may stand for several, parted by semicolons.
    aliases
        The network's name of each other name.
    """
    by_key: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(network.names):
        for key in dict.fromkeys(street_key(part) for part in name.split(";")):
            if key:
                by_key[key].append(number)
    other = {street_key(old): street_key(new) for old, new in (aliases or {}).items()}
    found: dict[str, tuple[int, ...]] = {}
    for label in dict.fromkeys(labels):
        keys = [street_key(label), street_key(street_of(label))]
        keys += [other[key] for key in keys if key in other]
        found[label] = next((tuple(by_key[key]) for key in keys if key in by_key), ())
    book = _Alike(network.names[n[0]] for n in by_key.values())
    near = {
        label: book.nearest((aliases or {}).get(label, label))
        for label, numbers in found.items()
        if not numbers
    }
    return StreetMatch(tuple(labels), tuple(found[label] for label in labels), near)


class _Alike:
    """Names of streets, found by the signs (or pairs of Latin letters) they share."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.size = [len(_parts(name)) for name in self.names]
        self.rows: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self.names):
            for part in _parts(name):
                self.rows[part].append(row)

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return at most three names that share half of their parts or more, best first."""
        parts = _parts(street_of(name))
        shared = Counter(row for part in parts for row in self.rows.get(part, ()))
        alike = [(-2.0 * n / (len(parts) + self.size[row]), self.names[row])
                 for row, n in shared.items()]  # fmt: skip
        best = sorted(pair for pair in alike if -pair[0] >= _LEAST_ALIKE)
        return tuple(name for _, name in best[:_MOST_LISTED])


def _parts(name: str) -> frozenset[str]:
    """Return the signs of a Chinese name, or the pairs of letters of a Latin one."""
    key = street_key(name)
    stem = _KIND.sub("", key) or key
    if not _LATIN.search(stem) or len(stem) < 2:
        return frozenset(stem)
    return frozenset(stem[n : n + 2] for n in range(len(stem) - 1))
