#!/bin/sh
# Run once by the PostgreSQL image, on an empty database server: the login that owns FinCore's tables, which is no
# superuser, and the login that the service has, which owns none.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_app_password`
create role fincore_owner login createrole password :'owner_password';
create role fincore_app login password :'app_password';
create database fincore owner fincore_owner;
revoke connect on database fincore from public;
grant connect on database fincore to fincore_app;
SQL
