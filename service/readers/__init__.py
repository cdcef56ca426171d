"""Files of claims: recognised, and read row by row. No database and no network; bytes in, rows out."""
