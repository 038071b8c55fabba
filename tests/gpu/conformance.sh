#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# conformance.sh BULKHEAD-GPU: piglit's tests of OpenGL up to 3.3, GLSL up to 3.30 and the extensions that became part of them,
# natively over vtest, ours beside virgl_test_server on llvmpipe; prints a table, and each test whose results differ.
# Fails when the peer passes a test that we do not, unless conformance.known says why. docs/gpu-conformance.md has the
# counts. Takes some hours. CONFORMANCE_TESTS: other tests, as "-t PATTERN..." of piglit; CONFORMANCE_SECONDS: the time limit
# of one.
set -eu
cd "$(dirname "$0")/../.."
gpu=$(realpath "$1")
known=$(pwd)/tests/gpu/conformance.known
if [ -z "${CONFORMANCE_TESTS-}" ]; then
	tests="-t spec@!opengl.[123]\. -t spec@!opengl.es.3\.0@ -t spec@glsl-1\.[12345]0@ -t spec@glsl-3\.30@"
	for group in arb_blend_func_extended arb_color_buffer_float arb_copy_buffer arb_depth_buffer_float arb_depth_clamp \
		arb_depth_texture arb_draw_buffers arb_draw_buffers_blend arb_draw_elements_base_vertex arb_draw_instanced \
		arb_explicit_attrib_location arb_fragment_coord_conventions arb_framebuffer_object arb_framebuffer_srgb \
		arb_half_float_vertex arb_instanced_arrays arb_map_buffer_range arb_occlusion_query2 arb_provoking_vertex \
		arb_sampler_objects arb_seamless_cube_map arb_shader_bit_encoding arb_shader_texture_lod arb_sync \
		arb_texture_buffer_object arb_texture_buffer_range arb_texture_float arb_texture_multisample arb_texture_rg \
		arb_texture_rgb10_a2ui arb_timer_query arb_uniform_buffer_object arb_vertex_array_bgra \
		arb_vertex_type_2_10_10_10_rev ext_draw_buffers2 ext_framebuffer_multisample ext_framebuffer_object \
		ext_gpu_shader4 ext_packed_float ext_provoking_vertex ext_texture_array ext_texture_integer \
		ext_texture_shared_exponent ext_texture_snorm ext_texture_srgb ext_texture_swizzle ext_timer_query \
		ext_transform_feedback ext_transform_feedback2 nv_conditional_render nv_primitive_restart; do
		tests="$tests -t spec@$group@"
	done
else
	tests=$CONFORMANCE_TESTS
fi
tools=$(lab/fetch.sh piglit)
work=$(mktemp -d /tmp/bulkhead-conformance.XXXXXX)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# measure WHO: runs the tests on the server that listens on WHO's socket.
measure() {
	until [ -S "$work/$1.sock" ]; do
		kill -0 $server
		sleep 0.1
	done
	# shellcheck disable=SC2086
	"$tools/run" env USER=tester VTEST_SOCKET_NAME="$work/$1.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe \
		EGL_PLATFORM=surfaceless PIGLIT_PLATFORM=surfaceless_egl PIGLIT_NO_FAST_SKIP=1 \
		piglit run -j "$(nproc)" --timeout "${CONFORMANCE_SECONDS-300}" $tests quick_gl quick_shader "$work/$1" >"$work/$1.log" 2>&1 ||
		{
			tail -5 "$work/$1.log" >&2
			exit 1
		}
	kill $server
	"$tools/run" env USER=tester piglit summary console "$work/$1" |
		sed -n "s/^\(spec\/.*\): \([a-z]*\)\$/$1	\1	\2/p" >>"$work/results"
}

"$gpu" serve --vtest "$work/ours.sock" 2>"$work/server.log" &
server=$!
measure ours
"$tools/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
	virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/peer.sock" >/dev/null 2>&1 &
server=$!
measure peer

awk -F'\t' '
	function class(result) { return result == "pass" || result == "skip" ? result : "fail" }
	/^#/ { next }
	FILENAME ~ /known$/ { why[++reasons] = $2; pattern[reasons] = $1; next }
	{
		split($2, part, "/")
		group = part[2]
		if (!(group in seen)) { order[++groups] = group; seen[group] = 1 }
		result[$2, $1] = $3; of[$2] = group
	}
	function add(test, who) {
		count[of[test], who, class(result[test, who])]++; count["all", who, class(result[test, who])]++
	}
	function row(group) {
		printf "%-32s %6d %6d %6d   %6d %6d %6d\n", group, count[group, "ours", "pass"],
			count[group, "ours", "skip"], count[group, "ours", "fail"], count[group, "peer", "pass"],
			count[group, "peer", "skip"], count[group, "peer", "fail"]
	}
	function reason(test, i) {
		for (i = 1; i <= reasons; i++)
			if (test ~ pattern[i])
				return why[i]
		return ""
	}
	END {
		for (test in of) {
			# Without a window both crash alike.
			if (result[test, "ours"] == "crash" && result[test, "peer"] == "crash") { windows++; continue }
			if ((test, "ours") in result) add(test, "ours")
			if ((test, "peer") in result) add(test, "peer")
		}
		printf "%-32s %20s   %20s\n%-32s %6s %6s %6s   %6s %6s %6s\n", "", "ours", "virgl_test_server", "group",
			"pass", "skip", "fail", "pass", "skip", "fail"
		for (i = 1; i <= groups; i++)
			row(order[i])
		row("all")
		printf "left out, because both crash without a window: %d\n", windows
		for (test in of) {
			ours = class(result[test, "ours"]); peer = class(result[test, "peer"])
			if (ours == peer || (result[test, "ours"] == "crash" && result[test, "peer"] == "crash"))
				continue
			text = peer == "pass" ? reason(test) : "more than the peer"
			unknown += text == ""
			print ours ", the peer " peer ": " test " (" (text == "" ? "NOT KNOWN" : text) ")" | "sort"
		}
		close("sort")
		exit unknown > 0
	}' "$known" "$work/results"
