/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verb.h"

int main(int argc, char **argv)
{
	return bh_cmd_main(argc - 1, argv + 1);
}
