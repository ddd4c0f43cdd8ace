# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes Debian's changelog of docs/changes.md: a heading is a version and its
# date, a bullet a change.  The maintainer's name is given as `who`.

function finish()
{
	if (version)
		printf "\n -- %s  %s 00:00:00 +0000\n\n", who, date
}

/^## / {
	finish()
	version = $2
	gsub(/[()]/, "", $3)
	("LC_ALL=C date -u -d " $3 " +'%a, %d %b %Y'") | getline date
	printf "pptpalg (%s) unstable; urgency=medium\n\n", version
}
version && /^- / { sub(/^- /, "  * "); print }
version && /^  [^ ]/ { print "  " $0 }
END { finish() }
