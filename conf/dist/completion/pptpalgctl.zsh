#compdef pptpalgctl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# zsh: completes as bash does, by the same file.

autoload -U +X bashcompinit && bashcompinit
. @COMPLETIONDIR@/pptpalgctl
_bash_complete -F _pptpalgctl
