# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash: completes pptpalgctl's commands and options, as its help lists them.
# shellcheck shell=bash disable=SC2207 # words have no spaces

_pptpalgctl_options() {
	"${COMP_WORDS[0]}" "$@" -h 2>/dev/null |
	    grep -o -E -e '^  +(-[a-zA-Z], )?--[a-z-]+' | grep -o -e '--[a-z-]*'
}

_pptpalgctl_commands() {
	"${COMP_WORDS[0]}" -h 2>/dev/null |
	    sed -n '/^Commands:/,/^Options:/s/^  \([a-z]\{1,\}\).*/\1/p'
}

# What the daemon has now: a field of a list.
_pptpalgctl_values() {
	"${COMP_WORDS[0]}" --columns "$2" "$1" 2>/dev/null | sed 1d
}

_pptpalgctl() {
	local word=${COMP_WORDS[COMP_CWORD]} command='' i words
	local before=${COMP_WORDS[COMP_CWORD - 1]}

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket) ((i++)) ;;
		-*) ;;
		*) command=${COMP_WORDS[i]} && break ;;
		esac
	done
	case $before in
	-s | --socket | -f | --file) COMPREPLY=($(compgen -f -- "$word"))
		return ;;
	esac
	case $command:$word in
	rules:* | check:* | top:* | import:-*)
		words=$(_pptpalgctl_options "$command") ;;
	*:-*)	words=$(_pptpalgctl_options) ;;
	:*)	words=$(_pptpalgctl_commands) ;;
	log:*)	words='error warning info debug' ;;
	dial:*)	words='up down status' ;;
	clear:*) words=$(_pptpalgctl_values calls call) ;;
	why:*)	words=$(_pptpalgctl_values history client | cut -d: -f1) ;;
	import:*) COMPREPLY=($(compgen -f -- "$word"))
		return ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _pptpalgctl pptpalgctl
