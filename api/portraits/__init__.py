"""Making the portraits of a week; never imported by serving."""
