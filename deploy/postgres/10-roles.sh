#!/bin/sh
# Makes the two roles and the database, once, when the server's data folder is new. `owner` migrates; `web` serves,
# owns nothing, and is what row-level security binds.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
     --set=owner_password="$OWNER_PASSWORD" --set=web_password="$WEB_PASSWORD" <<'SQL'
create role owner login password :'owner_password';
create role web login password :'web_password';
create database ics owner owner encoding 'UTF8' template template0;
SQL
