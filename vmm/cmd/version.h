/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the program: X.Y.Z, and maybe what came since (version.sh). */
#ifndef VMM_CMD_VERSION_H
#define VMM_CMD_VERSION_H

extern const char minivmm_version[];

#endif
