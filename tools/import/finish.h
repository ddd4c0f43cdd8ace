/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_IMPORT_FINISH_H
#define TOOLS_IMPORT_FINISH_H

#include "tools/import/plan.h"

/* What all directives of a section mean together; its missing keys. */
void	import_finish(struct plan *, struct plan_part *);

/* Writes secrets that stood in configurations to the file of the options. */
void	import_write_secrets(struct plan *);

#endif
