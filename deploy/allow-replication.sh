#!/bin/sh
# Run once by the database's image, when it makes its cluster: lets replicas connect, with the password of everybody else.
set -eu
echo "host replication $POSTGRES_USER all scram-sha-256" >>"$PGDATA/pg_hba.conf"
