/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of the folders named as arguments, where libFuzzer is not there
 * to do it. */
#include "base/alloc.h"
#include "base/file.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder)
{
	DIR *dir = opendir(folder);
	int count = 0;

	if (!dir) {
		perror(folder);
		return -1;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *path = bh_strf("%s/%s", folder, entry->d_name);
		char *data;
		size_t size;

		if (entry->d_name[0] != '.' && !bh_file_read(path, 1u << 30, &data, &size)) {
			LLVMFuzzerTestOneInput((const uint8_t *)data, size);
			free(data);
			count++;
		}
		free(path);
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		int count = replay(argv[i]);
		if (count < 0)
			return 1;
		total += count;
	}
	printf("%d inputs\n", total);
	return total ? 0 : 1;
}
