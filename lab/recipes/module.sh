# SPDX-License-Identifier: Apache-2.0
# module: bulkhead.ko for the kernel of the recipe `kernel`. A warning fails it.
what="bulkhead.ko, built for the boards' kernel (ten seconds)"
megabytes=50

variant() {
	fetch headers
	cat "$lab"/../kernel/*.[ch] "$lab/../kernel/Kbuild"
}

build() {
	headers=$(fetch headers)
	mkdir source
	cp "$lab"/../kernel/*.[ch] "$lab/../kernel/Kbuild" source/
	# Debian's headers name their compiler; the cross compilers of gcc 12 and later read the same sources.
	compiler=$(command -v aarch64-linux-gnu-gcc-12 || command -v aarch64-linux-gnu-gcc || command -v gcc)
	make -s -C "$headers/build" M="$PWD/source" CC="$compiler" W=1 KCFLAGS=-Werror modules
	"$(echo "$compiler" | sed "s/gcc[-0-9]*$/strip/")" --strip-debug source/bulkhead.ko
	mv source/bulkhead.ko .
	rm -rf source
}
