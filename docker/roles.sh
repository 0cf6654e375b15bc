#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the role that owns the tables, and the one that works with them.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$TIMEBANK_OWNER_PASSWORD" -v app_password="$TIMEBANK_APP_PASSWORD" <<'SQL'
CREATE ROLE timebank_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE timebank_app LOGIN PASSWORD :'app_password';
ALTER ROLE timebank_app SET synchronous_commit = 'on';
ALTER ROLE timebank_app SET lock_timeout = '2s';
ALTER ROLE timebank_app SET statement_timeout = '5s';
ALTER ROLE timebank_app SET idle_in_transaction_session_timeout = '10s';
CREATE DATABASE timebank OWNER timebank_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE timebank FROM PUBLIC;
GRANT CONNECT ON DATABASE timebank TO timebank_app;
SQL
