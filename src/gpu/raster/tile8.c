/* SPDX-License-Identifier: Apache-2.0 */
#define LANES   8
#define KERNELS bh_kernels8
#include "gpu/raster/kernels.inc"
