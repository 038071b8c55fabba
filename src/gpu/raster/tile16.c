/* SPDX-License-Identifier: Apache-2.0 */
#define LANES   16
#define KERNELS bh_kernels16
#include "gpu/raster/kernels.inc"
