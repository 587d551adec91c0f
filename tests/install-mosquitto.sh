#!/bin/sh
# The tests need a real MQTT broker. Installs Debian's package where it may; says what to do elsewhere.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v mosquitto >/dev/null && exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	as_root=none
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
	echo "The tests need the MQTT broker Mosquitto (2.x), and it is not installed." >&2
	echo "Install it (apt-get install mosquitto, dnf install mosquitto, brew install mosquitto), then run this again." >&2
	exit 1
fi

echo "Mosquitto is missing: installing Debian's package 'mosquitto' with apt-get, without starting its service."
# Exit status 101 tells Debian's packages not to start what they install.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
	trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mosquitto >/dev/null
command -v mosquitto >/dev/null
