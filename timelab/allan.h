/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The overlapping Allan variance of a clock, from how far it was ahead at even distances in time:
 *
 *     AVAR(m tau0) = sum over i of (x[i + 2m] - 2 x[i + m] + x[i])^2 / (2 m^2 tau0^2 (n - 2m))
 *
 * Source: W. J. Riley, NIST Special Publication 1065, section 5.2.4. The deviation is its root.
 * Pure.
 */
#ifndef TIMELAB_ALLAN_H
#define TIMELAB_ALLAN_H

/* x in seconds, n of them, tau0_sec apart; m is at least 1 and at most (n - 1) / 2. */
double allan_variance(const double *x, unsigned n, double tau0_sec, unsigned m);

#endif
