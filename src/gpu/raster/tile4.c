/* SPDX-License-Identifier: Apache-2.0 */
#define LANES   4
#define KERNELS bh_kernels4
#include "gpu/raster/kernels.inc"
