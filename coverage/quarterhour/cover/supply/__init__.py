"""Supply: places for elders, places in reach, and who finds one."""
