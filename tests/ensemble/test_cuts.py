import pytest

from qorgau.ensemble.cuts import equal_blocks, fixed_blocks, within


@pytest.mark.parametrize("runs", [0, 1, 2, 3, 15, 16, 31, 32, 50, 63, 64, 100, 127, 128, 200, 511, 513, 1000, 10_000])
def test_equal_blocks_cover_every_draw_once_and_differ_by_one_at_most(runs):
    blocks = equal_blocks(runs)
    assert [n for a, b in blocks for n in range(a, b)] == list(range(runs))
    sizes = {b - a for a, b in blocks}
    assert not sizes or (max(sizes) <= 32 and max(sizes) - min(sizes) <= 1)


@pytest.mark.parametrize(
    ("runs", "number"), [(1, 1), (2, 2), (16, 2), (32, 4), (64, 8), (200, 16), (512, 16), (513, 32)]
)
def test_number_of_blocks_suits_workers_in_powers_of_two(runs, number):
    assert len(equal_blocks(runs)) == number
    assert all(len(equal_blocks(n)) % 16 == 0 for n in (128, 777, 10_000))


def test_fixed_blocks_leave_the_rest_to_the_last():
    assert fixed_blocks(3, 10, 4) == [(3, 7), (7, 10)] and fixed_blocks(3, 3, 4) == []


def test_what_is_missing_is_cut_where_the_whole_is():
    blocks = equal_blocks(50)
    assert blocks == [(0, 12), (12, 25), (25, 37), (37, 50)]
    assert within(blocks, 12, 37) == blocks[1:3] and within(blocks, 20, 40) == [(20, 25), (25, 37), (37, 40)]
    assert within(blocks, 3, 3) == []
