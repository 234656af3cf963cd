"""The users' form (F-03): a short questionnaire behind a QR code."""
