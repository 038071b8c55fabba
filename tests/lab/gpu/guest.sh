# SPDX-License-Identifier: Apache-2.0
# A guest that draws, under QEMU without KVM, on bulkhead-gpu. Sourced by tests and by bench/gpu_guest.sh.
#
#   gpu_guest_begin arm64           the guest, and "$work" to work in; 77 when it cannot be had
#   write "$work/job/run"           what it does: a shell script
#   gpu_guest_run QEMU-OPTION...    boots it, serves it, until it ends; its console is "$work/console"
#
# The script in the guest may say `shot NAME`: the screen as QEMU has it goes to "$work/NAME.ppm". What it leaves in
# /tmp/out is in "$work/out" afterwards.
#
# GPU_QEMU: the QEMU to use instead of the lab's. GPU_DEVICE: the device's options. GPU_SERVE: options of the server;
# "none": the device is QEMU's own. GPU_FILES: where QEMU sees this machine's files. GPU_MORE: what else of "$work" the
# guest's initial RAM disk is to have.

gpu_guest_begin() {
	arch=$1
	guest=$(lab/fetch.sh "gpu-guest-$arch" 2>"$work/fetch.log") || return 77
	mkdir -p "$work/job"
	case $arch in
	arm64)
		qemu=${GPU_QEMU:-$(lab/fetch.sh qemu 2>"$work/fetch.log")/qemu-system-aarch64} || return 77
		machine="virt,gic-version=3 -cpu cortex-a76"
		tty=ttyAMA0
		;;
	amd64)
		qemu=${GPU_QEMU:-$(lab/fetch.sh qemu-gl 2>"$work/fetch.log")/qemu-system-x86_64} || return 77
		machine="q35 -cpu max -vga none"
		tty=ttyS0
		;;
	esac
	cat >"$work/job/start" <<-'JOB'
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root XDG_RUNTIME_DIR=/tmp XKB_DEFAULT_LAYOUT=us
		mkdir -p /tmp/out /dev/pts /run/udev
		mount -t tmpfs tmpfs /run
		mount -t devpts devpts /dev/pts
		shot() {
			echo "guest: shot $1"
			read -r answer
		}
		cd /job
		. ./run
		cd /tmp/out && tar cf /dev/out .
		echo "guest: over"
		poweroff -f
	JOB
}

# gpu_guest_tools: what compares here, and what is loaded into glmark2 there.
gpu_guest_tools() {
	case $arch in
	arm64) compiler=aarch64-linux-gnu-gcc ;;
	amd64) compiler=x86_64-linux-gnu-gcc ;;
	esac
	cc -O2 -Wall -Wextra -Werror -o "$work/compare" tests/lab/gpu/compare.c &&
		"$compiler" -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -fvisibility=hidden -shared -fPIC \
			-o "$work/job/frames.so" tests/lab/gpu/frames.c &&
		cp tests/lab/gpu/draw tests/lab/gpu/desktop tests/lab/gpu/scenes "$work/job/"
}

# gpu_guest_used PID: user and system time in hundredths of a second, and how often any of its threads began to wait.
gpu_guest_used() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
	cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt/ { n += $2 } END { print n }'
}

# What the guest's console asks for. The console's last byte is no end of line while the guest is writing.
gpu_guest_serve_console() {
	while IFS= read -r line; do
		echo "$line" >>"$work/console"
		case $line in
		"guest: shot "*)
			name=$(echo "${line#guest: shot }" | tr -d '\r')
			echo "screendump $work/$name.ppm" >&4
			echo "screendump $work/$name.png -f png" >&4
			# QEMU does one command after the other.
			echo "screendump $work/$name.done" >&4
			until [ -s "$work/$name.done" ] || ! kill -0 $qemu_pid; do sleep 0.1; done
			echo done >&5
			;;
		"guest: begin to count"* | "guest: end of counting"*)
			served=$(pgrep -P "$gpu_pid")
			echo server: $(gpu_guest_used "${served:-$gpu_pid}") >>"$work/console"
			;;
		"guest: please kill the server"*)
			kill -9 "$gpu_pid"
			;;
		esac
	done
}

gpu_guest_run() {
	(cd "$work" && find job ${GPU_MORE-} | cpio --quiet -o -H newc) >"$work/job.cpio"
	cat "$guest/initrd.cpio" "$work/job.cpio" >"$work/initrd"
	truncate -s 64M "$work/out.img"
	rm -rf "$work/out" "$work/console" "$work/monitor" "$work/serial.in" "$work/serial.out" "$work/gpu.sock"
	mkfifo "$work/monitor" "$work/serial.in" "$work/serial.out"
	: >"$work/console"
	gpu_result= qemu_result=
	device=${GPU_DEVICE-vhost-user-gpu-pci,chardev=gpu}
	gpu_pid=
	if [ "${GPU_SERVE-}" != none ]; then
		${GPU_SERVE_PREFIX-} "$GPU" serve --vhost-user "$work/gpu.sock" ${GPU_SERVE---mode 800x600} \
			2>"$work/server.log" &
		gpu_pid=$!
		until [ -S "$work/gpu.sock" ]; do
			kill -0 $gpu_pid || return 1
			sleep 0.1
		done
		set -- -chardev "socket,id=gpu,path=$work/gpu.sock" "$@"
	fi
	exec 4<>"$work/monitor" 5<>"$work/serial.in"
	$qemu -M $machine -accel tcg,thread=multi -smp 2 -m 2G -nodefaults -no-user-config \
		-object memory-backend-memfd,id=memory,size=2G,share=on -machine memory-backend=memory \
		-kernel "${GPU_FILES-}$guest/Image" -initrd "$work/initrd" \
		-append "console=$tty quiet loglevel=4 panic=-1 ${GPU_APPEND-}" -no-reboot \
		-drive "if=none,id=root,file=${GPU_FILES-}$guest/root.squashfs,format=raw,readonly=on" \
		-device virtio-blk-pci,drive=root,serial=root \
		-drive "if=none,id=out,file=$work/out.img,format=raw" -device virtio-blk-pci,drive=out,serial=out \
		-chardev "pipe,id=serial,path=$work/serial" -serial chardev:serial -monitor stdio \
		${GPU_DISPLAY--display none} "$@" -device "$device" <&4 >"$work/monitor.log" 2>&1 &
	qemu_pid=$!
	gpu_guest_serve_console <"$work/serial.out" &
	console_pid=$!
	wait $qemu_pid
	qemu_result=$?
	exec 4>&- 5>&-
	wait $console_pid
	if [ -n "$gpu_pid" ]; then
		wait $gpu_pid
		gpu_result=$?
	fi
	mkdir -p "$work/out"
	! grep -q '^guest: over' "$work/console" || tar xf "$work/out.img" -C "$work/out"
	return $qemu_result
}
