/* SPDX-License-Identifier: BSD-2-Clause */
/* What the result of a check or an experiment calls its machine. */
#ifndef VMM_CMD_MACHINE_NAME_H
#define VMM_CMD_MACHINE_NAME_H

#include "check/result.h"

struct options;

/* The options of the machine; "..." at the end says that more is. */
void machine_name_options(const struct options *options, char bytes[RESULT_OPTIONS_BYTES]);

/* The same without the folders of files: alike wherever it runs. */
void machine_name_anywhere(const char *options_text, char bytes[RESULT_OPTIONS_BYTES]);

#endif
