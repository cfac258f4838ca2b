"""No row of residents stands for fewer than k people at one place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import InputError
from quarterhour.inputs.addresses import street_of
from quarterhour.inputs.privacy import hold_to_k

ROWS = st.lists(
    st.tuples(
        st.integers(0, 12), st.integers(0, 12), st.integers(0, 9), st.integers(0, 3),
        st.integers(-1, 2),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


def arrays(rows):
    """Return places on a coarse lattice (full of ties), people of two groups, and areas."""
    xy = np.array([(10.0 * x, 10.0 * y) for x, y, *_ in rows])
    wide = np.array([float(p) for _, _, p, *_ in rows])
    people = np.column_stack([wide, np.minimum(wide, [float(q) for *_, q, _ in rows])])
    return xy, people, np.array([a for *_, a in rows], np.int32)


def test_two_small_rows_meet_at_the_middle_of_their_people():
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [5000.0, 0.0]])
    held = hold_to_k(xy, np.array([[2.0], [8.0], [50.0]]), k=10)
    assert held.member.tolist() == [0, 0, 1]
    np.testing.assert_allclose(held.xy_m, [[80, 0], [5000, 0]])
    assert held.people.tolist() == [[10], [50]]
    np.testing.assert_allclose(held.moved_m, [80, 20, 0])


def test_a_small_row_joins_a_large_neighbour_as_well():
    xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    held = hold_to_k(xy, np.array([[1.0], [29.0]]), k=10)
    assert held.people.tolist() == [[30]]
    np.testing.assert_allclose(held.xy_m, [[29, 0]])


def test_rows_stay_in_their_area_while_it_has_others():
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [500.0, 0.0], [0.0, 10.0]])
    area = np.array([0, 1, 1, 0], np.int32)
    held = hold_to_k(xy, np.full((4, 1), 5.0), k=10, area_index=area)
    assert held.member.tolist() == [0, 1, 1, 0]
    assert held.area_index.tolist() == [0, 1]
    # An area that never reaches k joins the nearest other, and the row is where most of it is.
    held = hold_to_k(xy[:3], np.array([[5.0], [4.0], [20.0]]), k=10, area_index=area[:3])
    assert held.member.tolist() == [0, 0, 0] and held.area_index.tolist() == [1]


def test_of_equally_near_rows_the_western_one_is_taken():
    circle = [(3, 4), (4, 3), (5, 0), (0, 5), (-3, 4), (-4, 3), (-5, 0), (0, -5), (-3, -4),
              (-4, -3), (3, -4), (4, -3)]  # fmt: skip
    for near in ([(10, 0), (-10, 0)], circle):
        xy = np.array([(0, 0), *near], float)
        people = np.array([[1.0], *[[20.0]] * len(near)])
        held = hold_to_k(xy, people, k=10)
        west = 1 + near.index(min(near))
        assert np.flatnonzero(held.member == held.member[0]).tolist() == [0, west]


def test_nobody_goes_and_a_withheld_count_is_merged():
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]])
    people = np.array([[0.0], [0.0], [12.0]])
    withheld = np.array([False, True, False])
    assert hold_to_k(xy, people, k=10).member.tolist() == [-1, -1, 0]
    held = hold_to_k(xy, people, k=10, withheld=withheld)
    assert held.member.tolist() == [-1, 0, 0]
    assert held.xy_m.tolist() == [[20, 0]]
    assert held.moved_m.tolist() == [0, 10, 0]


def test_who_has_enough_is_not_touched():
    xy = np.array([[0.0, 0.0], [0.0, 0.0]])
    people = np.array([[10.0, 1.0], [11.0, 0.0]])
    held = hold_to_k(xy, people, k=10)
    assert held.member.tolist() == [0, 1] and not held.merged
    assert not hold_to_k(xy, np.array([[1.0], [2.0]]), k=1).merged


def test_fewer_people_than_k_in_all_are_refused():
    with pytest.raises(InputError) as caught:
        hold_to_k(np.zeros((3, 2)), np.full((3, 2), 3.0), k=10)
    (fault,) = caught.value.faults
    assert (fault.key, fault.values) == ("people.too_few_for_k", {"people": "9", "k": 10})


@settings(deadline=None, max_examples=80)
@given(rows=ROWS, k=st.integers(1, 15))
def test_what_merging_keeps(rows, k):
    xy, people, area = arrays(rows)
    if people[:, 0].sum() < k and people[:, 0].any():
        with pytest.raises(InputError):
            hold_to_k(xy, people, k=k, area_index=area)
        return
    held = hold_to_k(xy, people, k=k, area_index=area)
    # Sums stay, also by group of rows; everybody left has company; nobody is farther than stated.
    np.testing.assert_allclose(held.people.sum(axis=0), people.sum(axis=0), rtol=0, atol=1e-9)
    kept = held.member >= 0
    assert (people[~kept] == 0).all()
    for row, group in enumerate(held.people):
        np.testing.assert_allclose(group, people[held.member == row].sum(axis=0), atol=1e-9)
    assert (held.people[:, 0] >= k).all() or not people.any()
    away = np.hypot(*(xy[kept] - held.xy_m[held.member[kept]]).T)
    np.testing.assert_allclose(away, held.moved_m[kept], atol=1e-9)
    # Once held, always held.
    again = hold_to_k(held.xy_m, held.people, k=k, area_index=held.area_index)
    np.testing.assert_array_equal(again.xy_m, held.xy_m)
    assert not again.merged


@settings(deadline=None, max_examples=50)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(rows, seed):
    xy, people, area = arrays(rows)
    people[0] += 10
    order = np.random.default_rng(seed).permutation(len(rows))
    one = hold_to_k(xy, people, k=10, area_index=area)
    two = hold_to_k(xy[order], people[order], k=10, area_index=area[order])
    figures = [np.column_stack([h.xy_m, h.people, h.area_index]).tolist() for h in (one, two)]
    assert sorted(figures[0]) == sorted(figures[1])


@settings(deadline=None, max_examples=30)
@given(rows=ROWS)
def test_areas_with_enough_people_keep_their_sums(rows):
    xy, people, area = arrays(rows)
    people[:, 0] += 1
    enough = {a for a in set(area.tolist()) if people[area == a, 0].sum() >= 10}
    if len(enough) < len(set(area.tolist())):
        return
    held = hold_to_k(xy, people, k=10, area_index=area)
    for a in enough:
        assert held.people[held.area_index == a, 0].sum() == people[area == a, 0].sum()


@pytest.mark.parametrize(
    ("label", "street"),
    [
        ("凤天路12号3栋", "凤天路"), ("凤天路 12 号", "凤天路"), ("凤天路12-3", "凤天路"),
        ("凤天路十二号", "凤天路"), ("小龙坎正街205号附1号", "小龙坎正街"), ("三峡路55", "三峡路"),
        ("上海路123弄5号", "上海路"), ("凤天路A栋", "凤天路"), ("杨公桥120号", "杨公桥"),
        ("磁器口小区3栋2单元", "磁器口小区"), ("凤天路88号富洲新城", "凤天路"),
        ("12 High Street", "High Street"), ("Flat 3, 12a High Street", "High Street"),
        ("High Street, No. 12", "High Street"), ("23-1 Elm Grove Road", "Elm Grove Road"),
    ],
)  # fmt: skip
def test_a_house_is_cut_down_to_its_street(label, street):
    assert street_of(label) == street
    assert street_of(street) == street


@pytest.mark.parametrize(
    "name",
    ["凤天路", "工业园1号路", "一号路", "凤天路1支路", "一环路二段", "大学城南一路", "轨道1号线",
     "双碑十字街", "5 Avenue", "2nd Avenue", "County Road 12", "8 Mile Road", "", "12"],
)  # fmt: skip
def test_a_street_with_a_number_in_its_name_stays(name):
    assert street_of(name) == name


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400))
def test_any_text_is_cut_once(text):
    assert len(street_of(text)) <= 200
