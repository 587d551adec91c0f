#!/bin/sh
# `install-packages.sh PROGRAM...`: installs what is missing of these from Debian's packages of the same
# names, where it may; elsewhere it says what to install, and ends with 1.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=
for program in "$@"; do
	command -v "$program" >/dev/null || missing="$missing $program"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	as_root=none
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
	echo "Programs are not installed that are needed:$missing." >&2
	echo "Install them (apt-get install$missing; dnf and brew have them, too), then run this again." >&2
	exit 1
fi

echo "Installing Debian's packages with apt-get, without starting their services:$missing."
# Exit status 101 tells Debian's packages not to start what they install.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
	trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update -qq
# Split on purpose: each is the name of a package.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
for program in $missing; do
	command -v "$program" >/dev/null
done
