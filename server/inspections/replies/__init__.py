"""The right of reply: a unit answers a finding, a verifier decides, both stay."""
