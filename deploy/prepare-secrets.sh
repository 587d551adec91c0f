#!/bin/sh
# Creates deploy/secrets for compose.yaml, with random passwords, once. Run it as root: each file belongs to
# the user inside the one container that reads it. Needs openssl and mosquitto_passwd.
set -eu
cd "$(dirname "$0")"
directory="${1:-secrets}"
if [ -e "$directory" ]; then
	echo "$directory exists already; nothing was changed." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "Run this as root: it gives files to the users of the containers." >&2
	exit 1
fi
postgres=999 mosquitto=1883 iotconfig=10001

umask 077
mkdir "$directory"
# Passwords of the database (also in a URL), of the service at the broker, and of the devices at the broker.
for name in postgres_password mqtt_password device_mqtt_password; do
	openssl rand -hex 24 | tr -d '\n' >"$directory/$name"
done
printf 'postgresql://iotconfig:%s@database:5432/iotconfig' "$(cat "$directory/postgres_password")" >"$directory/database_url"
# All users of the machine can read the arguments of programs; printf is built into the shell.
printf 'iotconfig:%s\ndevice:%s\n' "$(cat "$directory/mqtt_password")" "$(cat "$directory/device_mqtt_password")" \
	>"$directory/mosquitto_passwords"
mosquitto_passwd -U "$directory/mosquitto_passwords"
cp mosquitto/acl "$directory/mosquitto_acl"

chown "$postgres" "$directory/postgres_password"
chown "$mosquitto" "$directory/mosquitto_passwords" "$directory/mosquitto_acl"
chown "$iotconfig" "$directory/database_url" "$directory/mqtt_password"
chmod 0400 "$directory"/*
echo "Created $directory. Devices sign in to the broker as 'device', with the password in device_mqtt_password."
