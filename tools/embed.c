/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed INCLUDE TYPE SYMBOL FILE...: writes C that holds the files as strings, as an array of
 * `TYPE { name, text }` ending with an empty one. A name is the file's, without folder and suffix.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_file(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	FILE *file = fopen(path, "r");
	int byte;

	if (!file) {
		perror(path);
		exit(1);
	}
	printf("\t{\"%.*s\",\n\t \"", (int)strcspn(name, "."), name);
	while ((byte = getc(file)) != EOF) {
		if (byte == '\n')
			printf("\\n\"\n\t \"");
		else if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < ' ' || byte > '~')
			printf("\\%03o", byte);
		else
			putchar(byte);
	}
	printf("\"},\n");
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	printf("/* Made by tools/embed.c. */\n#include \"%s\"\n\nconst %s %s[] = {\n", argv[1],
	       argv[2], argv[3]);
	for (int i = 4; i < argc; i++)
		put_file(argv[i]);
	printf("\t{0},\n};\n");
	return fflush(stdout) ? 1 : 0;
}
