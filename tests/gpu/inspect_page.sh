#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inspect_page.sh TOP BULKHEAD-GPU TRACES: pages of `inspect` in a browser without a screen: they become ready, all their
# views can be drawn, and the picture that a page puts together tile by tile is, pixel by pixel, the screenshot.
set -eu
top=$1
gpu=$2
traces=$3
browser=$("$top/lab/fetch.sh" browser) || {
	echo "no browser: see above"
	exit 77
}
work=$(mktemp -d /tmp/bulkhead-page.XXXXXX)
trap 'rm -rf "$work"' EXIT INT TERM

# A page's own functions are called from a script added behind it.
add_check() {
	printf '<img id="expected" hidden src="data:image/png;base64,%s">\n' "$(base64 -w0 "$2")"
	cat <<'END'
<script>
'use strict';
window.onerror = message => { document.title = 'error: ' + message; };
/* The page's own listener, which draws, is before this one. */
window.addEventListener('load', () => {
	if (!document.body.dataset.ready)
		return;
	for (const step of frame.steps.keys()) {
		for (const tab of Object.keys(tabs)) {
			shown.tab = tab;
			select(step);
		}
	}
	for (const box of ['show-triangles', 'show-bins', 'show-time'])
		byId(box).click();
	for (const button of document.querySelectorAll('[data-view]'))
		button.click();
	for (const box of ['show-triangles', 'show-bins', 'show-time'])
		byId(box).click();
	document.querySelector('[data-view=color]').click();
	select(drawing[drawing.length - 1]);
	const canvas = byId('canvas'), expected = byId('expected');
	const other = document.createElement('canvas');
	other.width = expected.naturalWidth;
	other.height = expected.naturalHeight;
	other.getContext('2d').drawImage(expected, 0, 0);
	const pixels = c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
	const a = pixels(canvas), b = pixels(other);
	const step = frame.steps[shown.step];
	/* A screenshot of an image with samples shows the first of them. */
	const alike = a.length === b.length && frame.targets[step.target].samples === 1;
	const wrong = alike ? a.reduce((n, v, i) => n + (v !== b[i]), 0) : 'samples';
	document.title = `checked ${frame.steps.length} steps, ${drawing.length} draw, ${a.length / 4} pixels, ${wrong} differ`;
});
</script>
END
}

compared=0
for trace in "$traces"/*.trc; do
	name=$(basename "$trace" .trc)
	# The last frame that draws anything.
	frame=$("$gpu" replay "$trace" | cut -d ' ' -f 1)
	until "$gpu" inspect "$trace" --frame "$frame" --output "$work/$name.html" && grep -q '"geometry"' "$work/$name.html"; do
		frame=$((frame - 1))
	done
	"$gpu" screenshot "$trace" "$work/$name.png" --frame "$frame"
	! grep -qE '(src|href)="?(https?:)?//' "$work/$name.html" || {
		echo "$name: the page wants something from elsewhere"
		exit 1
	}
	add_check "$name" "$work/$name.png" >>"$work/$name.html"
	"$browser/run" chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
		--dump-dom "file://$work/$name.html" >"$work/dom" 2>"$work/messages" || {
		cat "$work/messages"
		exit 1
	}
	title=$(sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "$work/dom" | head -n 1)
	echo "$name: $title"
	case $title in
	"checked "*" steps, "[1-9]*" draw, "[1-9]*" pixels, 0 differ") compared=$((compared + 1)) ;;
	"checked "*" steps, "[1-9]*" draw, "[1-9]*" pixels, samples differ") ;;
	*) exit 1 ;;
	esac
done
[ $compared -ge 5 ]
