"""Words of the demo's files, in Chinese and English: headers, study.toml, README.txt."""

from .names import ROWS, ZONES, zone_rows

DISTRICT = {"zh": "示例区（演示数据）", "en": "Demo district (demo data)"}
YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
STATES = {"zh": ("在用", "规划"), "en": ("in use", "planned")}
TO_SUPPLY = {"zh": "待补充", "en": "to be supplied"}

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "areas": {"zh": ("名称", "类型"), "en": ("name", "type")},
    "residents": {
        "zh": ("镇街", "常住人口", "60岁及以上", "65岁及以上", "80岁及以上"),
        "en": ("subdistrict", "all", "60+", "65+", "80+"),
    },
    "facilities": {
        "zh": (
            "名称", "类别", "经度", "纬度", "容量", "建筑面积", "楼层", "电梯", "建成年份",
            "状态", "镇街", "层级",
        ),
        "en": (
            "name", "kind", "lon", "lat", "capacity", "floor_area_m2", "storey", "lift", "opened",
            "status", "subdistrict", "tier",
        ),
    },
    "neighbours": {
        "zh": (
            "名称", "类别", "经度", "纬度", "容量", "建筑面积", "楼层", "电梯", "建成年份", "状态",
        ),
        "en": (
            "name", "kind", "lon", "lat", "capacity", "floor_area_m2", "storey", "lift", "opened",
            "status",
        ),
    },
    "fitness": {
        "zh": ("名称", "经度", "纬度", "镇街"),
        "en": ("name", "lon", "lat", "subdistrict"),
    },
    "indicators": {
        "zh": (
            "镇街", "社区数", "有设施社区数", "户数", "养老服务设施用地（平方米）",
            "社区综合服务设施面积（平方米）", "床位", "护理型床位", "行政村数",
            "设互助养老点的村数", "社区养老服务设施面积",
        ),
        "en": (
            "subdistrict", "communities", "communities_with_facility", "households",
            "elder_care_land_m2", "service_floor_m2", "beds", "nursing_beds", "villages",
            "villages_with_point", "care_floor_m2",
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

[areas.zones]                   # {zones_are}
{zones}
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

[[facilities]]                  # {fitness}
file = "fitness.xlsx"
datum = "wgs84"
kind = "{fitness_kind}"

[neighbours]                    # {neighbours}
file = "neighbours.xlsx"
datum = "wgs84"
count = "show"                  # {count}

[circle]                        # {circle}
walker = "elder"
minutes = [5, 10, 15]
together = {{ "{together}" = ["care_centre", "care_station"] }}
years = [2020, 2022, 2024, 2026, 2028, 2030]

[[circles]]                     # {circle_fitness}
name = "{fitness_name}"
kinds = ["{fitness_kind}"]
minutes = [10, 15]

[[circles]]                     # {circle_meals}
name = "{meals_name}"
kinds = ["canteen"]
minutes = [15, 30]
walker = "meal_delivery"
direction = "back"

[supply]                        # {supply}
need = {{ care_centre = 0.004, care_station = 0.02, mutual_aid = 0.01, canteen = 0.05 }}
turns = {{ canteen = 2 }}

[sweep]                         # {sweep}
speeds = [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]
minutes = [5, 10, 15, 20, 25, 30]

[scorecard]                     # {scorecard}
file = "indicators.xlsx"
targets = {{ beds_per_1000 = 40, nursing_share = 0.55, service_floor_per_100 = 30 }}

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


def _zones(language: str) -> str:
    """Return the zones as they stand in the study: each name with its areas."""
    text = ""
    for name, rows in zip(ZONES[language], zone_rows(), strict=True):
        areas = "".join(f'    "{ROWS[k].label(language)}",\n' for k in rows)
        text += f'"{name}" = [\n{areas}]\n'
    return text


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
        facilities="现有和规划的养老服务设施、社区食堂；规划的到建成年份才计入",
        zones=_zones("zh"),
        zones_are="互相比较的片区",
        fitness="健身点：不是养老设施，只计入下面的健身圈",
        fitness_kind="健身点",
        neighbours="相邻区的设施",
        count="两种结果都列出，本区的数字不含邻区设施",
        together="中心或站",
        circle_fitness="健身圈：10分钟、15分钟",
        fitness_name="健身圈",
        circle_meals="助餐配送：从食堂骑电动自行车送到家",
        meals_name="送餐圈",
        supply="假设（虚构）：有多大比例的老年人需要一个位置；食堂每个座位每餐两轮",
        sweep="敏感性：步速和时限各取哪些值",
        scorecard="各镇街统计数字（虚构，有两格待补充）和自定的目标",
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
        facilities="what there is, and what is planned: counted from its year",
        zones=_zones("en"),
        zones_are="parts of the district that are compared",
        fitness="no elder care: only the circle of exercise below counts them",
        fitness_kind="fitness point",
        neighbours="facilities of the districts around",
        count="both results are shown; the rest leaves them out",
        together="centre or station",
        circle_fitness="points for exercise within 10 and 15 minutes",
        fitness_name="fitness circle",
        circle_meals="meals brought home from the canteens by e-bike",
        meals_name="meal circle",
        supply="assumed (invented): elders who ask for a place; two turns",
        sweep="which paces and limits the sensitivity of coverage is asked for",
        scorecard="figures by subdistrict and targets, both invented",
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
facilities.xlsx  现有和规划的设施
neighbours.xlsx  相邻区的设施
fitness.xlsx     健身点
indicators.xlsx  各镇街统计数字，有两格待补充
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
facilities.xlsx  the facilities there are and those that are planned
neighbours.xlsx  facilities of the districts around
fitness.xlsx     points for exercise
indicators.xlsx  figures by subdistrict, two of them to be supplied
premises.xlsx    premises that could become new sites
""",
}
"""README.txt, ready to write."""
