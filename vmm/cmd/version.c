/* SPDX-License-Identifier: BSD-2-Clause */
/* See version.h. The text is made at each build: version.sh. */
#include "vmm/cmd/version.h"

#include "vmm/cmd/version_text.h"

const char minivmm_version[] = MINIVMM_VERSION;
