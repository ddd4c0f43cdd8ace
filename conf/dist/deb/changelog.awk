# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes Debian's changelog of docs/changes.md: a heading is a version and its
# date, a bullet a change.  What is unreleased comes after the version below
# it, of the same day.  The maintainer's name is given as `who`.

/^## / {
	version[++n] = $2
	gsub(/[()]/, "", $3)
	date[n] = $3
}
n && /^- / { text[n] = text[n] "  * " substr($0, 3) "\n" }
n && /^  [^ ]/ { text[n] = text[n] "  " $0 "\n" }

function print_entry(version, day, text,	command)
{
	command = "LC_ALL=C date -u -d " day " +'%a, %d %b %Y'"
	command | getline day
	close(command)
	printf "pptpalg (%s) unstable; urgency=medium\n\n%s" \
	    "\n -- %s  %s 00:00:00 +0000\n\n", version, text, who, day
}

END {
	for (i = 1; i <= n; i++)
		if (version[i] == "Unreleased")
			print_entry(version[i + 1] "+unreleased", date[i + 1],
			    text[i])
		else
			print_entry(version[i], date[i], text[i])
}
