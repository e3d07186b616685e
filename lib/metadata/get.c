/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/get.h"

/* Widens the binary16 of RFC 8949, appendix D. A subnormal is a whole number of 2^-24. */
double metadata_half(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
    uint64_t bits;
    double real;

    if (exponent == 0) {
        real = (double)mantissa * 0x1p-24;
        return sign ? -real : real;
    }
    exponent = exponent == 0x1F ? 0x7FF : exponent - 15 + 1023;
    bits = sign | exponent << 52 | mantissa << 42;
    memcpy(&real, &bits, sizeof(real));
    return real;
}
