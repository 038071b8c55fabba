# SPDX-License-Identifier: Apache-2.0
# Initial RAM disks of busybox and a few modules: the same input gives the same bytes, and no root is needed.
# Sourced by recipes.

# initrd_begin: an empty tree in the folder initrd/.
initrd_begin() {
	rm -rf initrd
	mkdir -p initrd/bin initrd/dev initrd/etc initrd/lab initrd/lib/early initrd/mnt initrd/proc initrd/root \
		initrd/run initrd/sbin initrd/sys initrd/tmp initrd/usr/bin initrd/usr/sbin
	cp "$(fetch busybox)/busybox" initrd/bin/busybox
	for applet in $(applets); do
		[ "$applet" = busybox ] || ln -s busybox "initrd/bin/$applet"
	done
	ln -s ../bin/busybox initrd/sbin/modprobe
	echo 'root::0:0:root:/root:/bin/sh' >initrd/etc/passwd
	echo 'root:x:0:' >initrd/etc/group
}

# The names under which busybox serves. It is an arm64 program, so it cannot be asked; its table of names is text.
applets() {
	tr '\0' '\n' <"$(fetch busybox)/busybox" | LC_ALL=C awk '
		/^[a-z0-9\[][a-z0-9_.\[-]*$/ { if (run++ == 0) first = NR; name[run] = $0; next }
		{ if (run > best) { best = run; for (i = 1; i <= run; i++) keep[i] = name[i] } run = 0 }
		END { if (run > best) { best = run; for (i = 1; i <= run; i++) keep[i] = name[i] }
			for (i = 1; i <= best; i++) print keep[i] }'
}

# initrd_modules NAME...: with what they depend on, numbered in the order in which they load.
initrd_modules() {
	kernel=$(fetch kernel)
	number=10
	for module; do
		/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module" ||
			die "the kernel has no module $module" "remove $cache/kernel-* and run it again"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r file; do
		cp "$file" "initrd/lib/early/$number-$(basename "$file")"
		number=$((number + 1))
	done
}

# initrd_end FILE
initrd_end() {
	find initrd -exec touch -h -d @0 {} +
	(cd initrd && find . | LC_ALL=C sort | cpio --quiet --reproducible -R +0:+0 -o -H newc) >"$1"
	rm -rf initrd
}
