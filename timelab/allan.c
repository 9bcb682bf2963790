/* SPDX-License-Identifier: BSD-2-Clause */
/* See allan.h. */
#include "timelab/allan.h"

double allan_variance(const double *x, unsigned n, double tau0_sec, unsigned m)
{
    unsigned count = n - 2 * m;
    double sum = 0, tau_sec = m * tau0_sec;

    for (unsigned i = 0; i < count; i++) {
        double second = x[i + 2 * m] - 2 * x[i + m] + x[i];

        sum += second * second;
    }
    return sum / (2 * tau_sec * tau_sec * count);
}
