# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes Debian's changelog of docs/changes.md: a heading is a version and its
# date, a bullet a change.  What is unreleased comes after the version below
# it, later on the same day.  The maintainer's name is given as `who`.

/^## / {
	version[++n] = $2
	gsub(/[()]/, "", $3)
	date[n] = $3
}
n && /^- / {
	text[n] = text[n] "\n  *"
	width = 3
	add_words(2)
}
n && /^  [^ ]/ { add_words(1) }

function add_words(from)
{
	for (; from <= NF; from++) {
		if (width + 1 + length($from) > 76) {
			text[n] = text[n] "\n   "
			width = 3
		}
		text[n] = text[n] " " $from
		width += 1 + length($from)
	}
}

function print_entry(version, time, text,	command)
{
	command = "LC_ALL=C date -u -d '" time "' +'%a, %d %b %Y %T'"
	command | getline time
	close(command)
	printf "pptpalg (%s) unstable; urgency=medium\n%s" \
	    "\n\n -- %s  %s +0000\n\n", version, text, who, time
}

END {
	for (i = 1; i <= n; i++)
		if (version[i] == "Unreleased")
			print_entry(version[i + 1] "+unreleased",
			    date[i + 1] " 12:00", text[i])
		else
			print_entry(version[i], date[i], text[i])
}
