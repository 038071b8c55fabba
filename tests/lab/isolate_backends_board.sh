# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs.
cd "$(dirname "$0")" || exit 1
. ./vmm_board.sh
export BULKHEAD_VMM="$PWD/bulkhead-vmm" BULKHEAD_RUN=/run/bh BULKHEAD_VIRTIOFSD=/tmp/server/run
chmod 755 bulkhead-vmm bulkhead-gpu
mkdir server shared
tar -C server -xf virtiofsd.tar
head -c 5000000 /dev/urandom >shared/from-host

start_board
is a_vm_with_servers_starts ./bulkhead start app --manifest app
./bulkhead console app </dev/null >console 2>/dev/null &
listener=$!
log=$BULKHEAD_RUN/vm/app/log
there() {
	has_said "all there" || ! kill -0 "$(sed -n 's/^vmm //p' $BULKHEAD_RUN/vm/app/state)"
}
wait_for there
cat $log | sed 's/^/# /'
is the_guest_reads_the_hosts_file guest_says read "$(md5sum <shared/from-host | cut -d' ' -f1)"
is the_host_has_the_guests_file [ "$(md5sum <shared/folder/from-guest | cut -d' ' -f1)" = "$(said written)" ]
is the_gpu_has_the_mode_of_the_configuration guest_says mode 1024x768
is the_guest_draws guest_says drawn yes
is the_gpu_interrupts [ "$(said gpu_interrupts)" -ge 1 ]
is the_vmm_is_filtered grep -q 'Seccomp:.2' "/proc/$(sed -n 's/^vmm //p' $BULKHEAD_RUN/vm/app/state)/status"
./ask $BULKHEAD_RUN/vm/app/control stats | grep -E 'isolation.rules|virtio.(gpu|share)' | sed 's/^/# /'

# A server dies: the device is broken and said to be, the VM goes on.

kill -9 $(pidof bulkhead-gpu)
wait_for grep -q 'gpu1: stopped until the guest resets it' $log
is a_gpu_server_that_dies_is_reported grep -q 'gpu1: its back end is gone' $log
is and_the_vm_goes_on [ "$(./ask $BULKHEAD_RUN/vm/app/control status | sed -n 's/^state //p')" = running ]
is stop ./bulkhead stop app
is no_server_is_left [ -z "$(pidof bulkhead-gpu virtiofsd)" ]
finish
