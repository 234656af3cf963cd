"""What about a photo a verifier should look at: it looks like another visit's, or was taken where it hardly can be."""
