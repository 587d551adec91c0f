#!/bin/sh
# What `make speed` measures with, and against: wrk and nginx, Debian's packages. Both are optional:
# without wrk nothing is measured, without nginx one contestant is missing.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=
command -v wrk >/dev/null || missing="wrk"
command -v nginx >/dev/null || missing="$missing nginx-light"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	as_root=none
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
	echo "Not installed, and left out: $missing. Install wrk and nginx to have the routes measured under load." >&2
	exit 0
fi

echo "Missing: installing Debian's $missing with apt-get, without starting a service."
# Exit status 101 tells Debian's packages not to start what they install.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
	trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 - several words are several packages
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
	echo "apt-get failed: $missing is left out." >&2
