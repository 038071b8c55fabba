/* SPDX-License-Identifier: Apache-2.0 */
/* Run by the build: writes bulkhead(1) for scdoc. */
#include "cmd/help.h"

int main(void)
{
	bh_print_man(stdout);
	return fflush(stdout) ? 1 : 0;
}
