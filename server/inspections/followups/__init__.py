"""Follow-ups: findings below target, put right by their unit and closed by somebody who has seen it."""
