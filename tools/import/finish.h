/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of an import: keys that no directive sets. */
#ifndef TOOLS_IMPORT_FINISH_H
#define TOOLS_IMPORT_FINISH_H

#include "tools/import/plan.h"

/* What all directives of a section mean together; its missing keys. */
void	finish_part(struct plan *, struct plan_part *);

#endif
