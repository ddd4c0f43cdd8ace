/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets of an import: the files that a section needs, and a new one. */
#ifndef TOOLS_IMPORT_SECRET_H
#define TOOLS_IMPORT_SECRET_H

#include "tools/import/plan.h"

/*
 * Names the files of a section that is complete otherwise; what the daemon
 * would not take of them, or would take where pppd does not, is refused.
 */
void	secret_set_files(struct plan *, struct plan_part *);

/* Writes secrets that stood in configurations to the file of the options. */
void	secret_write(struct plan *);

#endif
