#!/bin/sh
# Makes this PostgreSQL a replica of the server at PGHOST and PGPORT, as the role PGUSER, when its data folder PGDATA is
# empty, and runs it with the given arguments.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    pg_basebackup --pgdata="$PGDATA" --write-recovery-conf --checkpoint=fast --no-password
fi
exec postgres -D "$PGDATA" "$@"
