/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONF_IMPORT_FINISH_H
#define CONF_IMPORT_FINISH_H

#include "conf/import_plan.h"

/* What all directives of a section mean together; its missing keys. */
void	import_finish(struct plan *, struct plan_part *);

/* Writes secrets that stood in configurations to the file of the options. */
void	import_write_secrets(struct plan *);

#endif
