"""Words of the demo's files, in Chinese and English: headers, study.toml, README.txt."""

DISTRICT = {"zh": "示例区（演示数据）", "en": "Demo district (demo data)"}
YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "areas": {"zh": ("名称", "类型"), "en": ("name", "type")},
    "residents": {
        "zh": ("镇街", "常住人口", "60岁及以上", "65岁及以上", "80岁及以上"),
        "en": ("subdistrict", "all", "60+", "65+", "80+"),
    },
    "facilities": {
        "zh": (
            "名称", "类别", "经度", "纬度", "容量", "建筑面积", "楼层", "电梯", "建成年份",
            "状态", "镇街",
        ),
        "en": (
            "name", "kind", "lon", "lat", "capacity", "floor_area_m2", "storey", "lift", "opened",
            "status", "subdistrict",
        ),
    },
    "premises": {
        "zh": ("名称", "经度", "纬度", "镇街", "建筑面积", "楼层", "电梯", "权属"),
        "en": ("name", "lon", "lat", "subdistrict", "floor_area_m2", "storey", "lift", "tenure"),
    },
}  # fmt: skip
"""Column headers of each file."""

_STUDY_TABLES = """\
[study]
name = "{district}"
date = "2026-11-01"
synthetic = true                # {synthetic}
language = "{language}"
crs = "auto"                    # {crs}

[areas]                         # {areas}
file = "areas.geojson"
datum = "wgs84"

[streets]                       # {streets}
file = "streets.osm.pbf"

[terrain]                       # {terrain}
file = "terrain.tif"
kind = "terrain"

[residents]                     # {residents}
file = "residents.xlsx"
by = "area"
place_on = "buildings"

[buildings]                     # {buildings}
osm = true

[[facilities]]                  # {facilities}
file = "facilities.xlsx"
datum = "wgs84"

[circle]                        # {circle}
walker = "elder"
minutes = [5, 10, 15]

[gaps]                          # {gaps}
min_people = 100
radius_m = 150

[[siting]]                      # {siting}
kind = "care_station"
question = "most_people"
sites = 8
candidates = "premises.xlsx"

[report]
unit = "{unit}"
"""

_STUDY_HEAD = {
    "zh": """\
# 演示数据：示例区是程序生成的虚构行政区，地名、街道、人口、设施均非真实数据。
# 坐标落在东经105.40度、北纬29.40度附近，只当作一块图板使用，不代表那里的任何真实地点。

""",
    "en": """\
# Demo data: the demo district is invented by a generator. Its names, streets, people and
# facilities are not real. The coordinates near 105.40 E 29.40 N are a drawing board only and
# stand for no real place there.

""",
}

STUDY = {
    "zh": _STUDY_HEAD["zh"]
    + _STUDY_TABLES.format(
        district=DISTRICT["zh"],
        language="zh",
        synthetic="虚构数据：每张图、表和每一页都会注明",
        crs="自动选用当地的米制坐标系",
        areas="镇街界线",
        streets="OpenStreetMap 格式的道路、小区大门、电梯和建筑",
        terrain="地面高程（约30米）",
        residents="各镇街分年龄常住人口，按住宅建筑面积落位",
        buildings="建筑取自上面的道路文件",
        facilities="现有养老服务设施和社区食堂",
        circle="一刻钟养老服务圈：谁在走、走几分钟",
        gaps="多少人、相距多近才算一处空白",
        siting="新增8处养老服务站，服务到最多的人",
        unit="示例单位（演示）",
    ),
    "en": _STUDY_HEAD["en"]
    + _STUDY_TABLES.format(
        district=DISTRICT["en"],
        language="en",
        synthetic="invented: every map, table and page will say so",
        crs="a coordinate system in metres is found",
        areas="borders of the subdistricts",
        streets="streets, gates, lifts and buildings in OpenStreetMap form",
        terrain="heights of the ground, about 30 m",
        residents="residents by age and subdistrict, placed by floor area of homes",
        buildings="taken from the street file above",
        facilities="the facilities there are",
        circle="the 15-minute circle: who walks, and how long",
        gaps="how many people, how near, make a gap",
        siting="8 new stations that serve the most people",
        unit="Demo unit (demo data)",
    ),
}
"""The study file, ready to write."""

README = {
    "zh": """\
示例区（演示数据）

本文件夹中的一切均为虚构，由 quarterhour 的生成程序按固定随机种子画出，仅供试用和演示。
地名、道路、建筑、人口和设施都不是真实数据，坐标只是一块图板；请勿用于任何真实规划。
各镇街的养老服务中心、养老服务站和社区食堂数量，取自公开的2023年社区食堂建设任务表的行数，
位置则为虚构。

study.toml       研究设置，可用记事本打开修改
areas.geojson    22个镇街的界线
streets.osm.pbf  道路、梯坎、小区大门、天桥、地道、电梯、水系、铁路和建筑
terrain.tif      地面高程
residents.xlsx   分年龄常住人口
facilities.xlsx  现有设施
premises.xlsx    可用于新增站点的房屋
""",
    "en": """\
Demo district (demo data)

Everything in this folder is invented: a generator of quarterhour drew it from a fixed seed, for
trying the tool and for showing it. Names, streets, buildings, people and facilities are not real,
and the coordinates are a drawing board only. Do not plan with it.
The numbers of care centres, care stations and canteens by subdistrict follow the rows of a public
task table of 2023; where they stand is invented.

study.toml       what is asked; opens in any text editor
areas.geojson    borders of the 22 subdistricts
streets.osm.pbf  streets, steps, gates, footbridges, underpasses, lifts, water, rails, buildings
terrain.tif      heights of the ground
residents.xlsx   residents by age
facilities.xlsx  the facilities there are
premises.xlsx    premises that could become new sites
""",
}
"""README.txt, ready to write."""
