# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs.
cd "$(dirname "$0")" || exit 1
# A root that can be left behind, as other hosts have: that of an initial RAM disk cannot.
if [ -z "${MOVED-}" ]; then
	mkdir /moved
	mount -t tmpfs -o mode=755 tmpfs /moved
	cp -a /bin /etc /lib /sbin /moved/
	for folder in proc sys dev tmp run lab; do
		mkdir -p /moved/$folder
		mount --rbind /$folder /moved/$folder
	done
	cd /moved && mount --move . / && exec chroot . env MOVED=1 sh "/tmp/$(basename "$0")"
fi
. ./vmm_board.sh
export BULKHEAD_VMM="$PWD/bulkhead-vmm" BULKHEAD_VIRTIOFSD=/tmp/server/run PATH=$PWD:$PATH
chmod 755 . bulkhead-vmm bulkhead-gpu
mkdir server storage shared
mount -t tmpfs tmpfs shared
tar -C server -xf virtiofsd.tar
tar -C storage -xf storage.tar
rm virtiofsd.tar storage.tar
head -c 5000000 /dev/urandom >shared/from-host
dd if=/dev/zero of=disk.img bs=1M count=4 2>/dev/null
for disk in /sys/block/vd*; do
	[ "$(cat "$disk/serial")" != guest ] || ln -s "/dev/$(basename "$disk")" /dev/guest
done
grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup

serve_disk() {
	rm -f disk.pid
	storage/run --blockdev driver=file,node-name=image,filename=/tmp/disk.img --export \
		type=vhost-user-blk,id=served,addr.type=unix,addr.path=/tmp/disk.sock,node-name=image,writable=on \
		--pidfile /tmp/disk.pid >storage.log 2>&1 &
	until [ -s disk.pid ]; do sleep 0.1; done
}

state() {
	sed -n "s/^$1 //p" /run/bulkhead/vm/app/state
}
runs() {
	[ "$(./ask /run/bulkhead/vm/app/control status | sed -n 's/^state //p')" = running ]
}
# Until the guest says this; the VM's end is the limit.
hear() {
	until has_said "$1" || [ "$(state phase)" != running ]; do sleep 0.2; done
	has_said "$1"
}
answer() {
	echo >&7
}
told() {
	until bulkhead events app | grep -q "$1"; do sleep 0.2; done
}
says_status() {
	bulkhead status app | tee status | grep -q "$1"
}

serve_steadily() {
	./disk_server /tmp/steady.sock &
	steady=$!
	until [ -S steady.sock ]; do sleep 0.1; done
}

start_board
serve_disk
serve_steadily
mv served.toml bulkhead.toml
is a_vm_with_servers_starts bulkhead apply
[ -d /run/bulkhead/vm/app ] || {
	finish
	exit 1
}
mkfifo typing
exec 7<>typing
bulkhead console app <typing >console 2>/dev/null &
log=/run/bulkhead/vm/app/log
is the_guest_works hear "all drawn"
is the_guest_reads_the_hosts_file guest_says read "$(md5sum <shared/from-host | cut -d' ' -f1)"
is the_host_has_the_guests_file [ "$(md5sum <shared/from-guest | cut -d' ' -f1)" = "$(said sent)" ]
is its_owners_are_those_of_the_guest [ "$(ls -ln shared/from-guest | awk '{ print $3, $4 }')" = "7 8" ]
is the_served_disk_has_what_was_written [ "$(head -c 3000000 disk.img | md5sum | cut -d' ' -f1)" = "$(said sent)" ]
is and_it_is_read_back guest_says stored "$(said sent)"
is the_screen_has_its_mode guest_says mode 1280x800
is gl_is_virgl_on_bulkhead has_said "virgl virgl (Bulkhead"
is its_picture_is_that_of_the_guests_own_rasteriser ./compare shared/texture.virgl.ppm shared/texture.softpipe.ppm 4 1
sed -n 's/^said \(virgl\|softpipe\)/# \1/p' console
is the_vmm_is_filtered grep -q 'Seccomp:.2' "/proc/$(state vmm)/status"
user=$(awk '/^Uid/ { print $2 }' "/proc/$(state vmm)/status")
first=$(($((0x60000000)) + (user - $((0x70000000))) * 65536))
for server in bulkhead-gpu virtiofsd; do
	for pid in $(pidof $server || ps | awk '/tmp\/[s]erver\/virtiofsd/ { print $1 }'); do
		is "${server}_has_a_user_of_its_own" [ "$(awk '/^Uid/ { print $2 }' /proc/$pid/status)" = $first ]
		is "${server}_is_in_the_vms_control_group" grep -qx $pid /sys/fs/cgroup/bulkhead/app/cgroup.procs
		break
	done
done
is status_tells_of_the_servers says_status 'server *of gpu: here'
sed 's/^/# /' status
echo "# $(grep -E 'memory.current|pids.current' -r /sys/fs/cgroup/bulkhead/app 2>/dev/null; cat /sys/fs/cgroup/bulkhead/app/memory.current /sys/fs/cgroup/bulkhead/app/pids.current | tr '\n' ' ')"

# A disk's server that keeps its requests with the VM is waited for.
hear "steady busy"
kill -9 $steady
is the_loss_of_a_steady_server_is_told told 'disk2: its server is gone'
is status_says_so says_status 'server *of disk2: GONE'
is the_vm_goes_on_without_it runs
rm -f steady.sock
serve_steadily
is it_is_connected_again told 'disk2: its server is back'
answer
is the_guest_noticed_nothing_but_the_time hear "steady goes on"

hear "gpu busy"
kill -9 $(pidof bulkhead-gpu)
is the_loss_of_the_gpu_is_told told 'gpu: its server is gone'
is status_says_so_too says_status 'server *of gpu: GONE'
is the_device_asks_to_be_reset [ $(($(./ask /run/bulkhead/vm/app/control stats | sed -n 's/^virtio.gpu.status //p') & 64)) = 64 ]
is the_vm_goes_on_without_a_gpu runs
answer
is a_driver_that_begins_anew_has_a_gpu_again hear "again drawn"
is and_the_same_picture ./compare shared/again.ppm shared/texture.virgl.ppm 0 0

hear "share busy"
kill -9 $(ps | awk '/tmp\/[s]erver\/virtiofsd/ { print $1 }')
is the_loss_of_the_folders_server_is_told told 'share0: its server is gone'
answer
hear "disk busy"
is the_vm_goes_on_without_its_folder runs
kill -9 "$(cat disk.pid)"
is the_loss_of_a_disks_server_is_told told 'disk1: its server is gone'
answer
hear "the end"
is the_vm_goes_on_without_a_disk runs
tr -d '\r' <console | grep '^kernel' | sed 's/^/# /'
grep -v ' VMM ' $log | sed 's/^/# /'
bulkhead events app | sed 's/^/# /'
is stop bulkhead stop app
is no_server_is_left [ -z "$(pidof bulkhead-gpu)$(ps | awk '/tmp\/[s]erver/ { print $1 }')" ]
is board_is_quiet is_quiet
finish
