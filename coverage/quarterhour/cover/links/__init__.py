"""Missing links: which footbridge, lift or gate would bring most elders inside."""
