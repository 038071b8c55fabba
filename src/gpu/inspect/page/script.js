'use strict';
const frame = JSON.parse(document.getElementById('frame').textContent);
const byId = id => document.getElementById(id);
const drawing = frame.steps.map((step, i) => i).filter(i => frame.steps[i].tiles);
const shaders = new Map(frame.shaders.map(shader => [shader.id, shader]));
const shown = { step: drawing.length ? drawing[drawing.length - 1] : 0, tiles: 0, view: 'color', tab: 'State' };
const images = new Map();

/* Pictures are read once, before anything is shown. */
function image(uri) {
	if (uri && !images.has(uri)) {
		const element = new Image();
		element.src = uri;
		images.set(uri, element);
	}
}

for (const target of frame.targets)
	if (target.first)
		[target.first.color, target.first.depth].forEach(image);
for (const i of drawing)
	for (const tile of frame.steps[i].tiles)
		[tile.color, tile.depth].forEach(image);

const micro = ns => ns >= 1e6 ? (ns / 1e6).toFixed(2) + ' ms' : (ns / 1e3).toFixed(1) + ' µs';
const sum = (list, what) => list.reduce((total, item) => total + what(item), 0);

function make(tag, text, className) {
	const element = document.createElement(tag);
	if (text !== undefined)
		element.textContent = text;
	if (className)
		element.className = className;
	return element;
}

function table(head, rows, numbers) {
	const element = make('table');
	if (head) {
		const row = element.appendChild(make('tr'));
		head.forEach(text => row.appendChild(make('th', text)));
	}
	for (const cells of rows) {
		const row = element.appendChild(make('tr'));
		cells.forEach((text, i) => row.appendChild(make('td', text, numbers && i ? 'n' : '')));
	}
	return element;
}

/* The target as it was after `count` tiles of a step. */
function compose(context, target, step, count) {
	const put = tile => {
		const picture = tile && images.get(tile[shown.view]);
		if (picture)
			context.drawImage(picture, tile.x, tile.y);
	};

	put(frame.targets[target].first);
	for (const i of drawing) {
		const tiles = frame.steps[i].tiles;
		if (i > step || frame.steps[i].target !== target)
			continue;
		tiles.slice(0, i === step ? count : tiles.length).forEach(put);
	}
}

function drawTriangles(context, geometry) {
	const p = geometry.triangles;
	context.strokeStyle = '#ff3d7f';
	context.lineWidth = 1;
	context.beginPath();
	for (let i = 0; i < p.length; i += 6) {
		context.moveTo(p[i], p[i + 1]);
		context.lineTo(p[i + 2], p[i + 3]);
		context.lineTo(p[i + 4], p[i + 5]);
		context.closePath();
	}
	context.stroke();
}

/* A number in each tile, and a shade for how large it is beside the largest. */
function drawGrid(context, values, text, color) {
	const size = frame.tile, most = Math.max(...values.map(v => v.value), 1);
	context.font = '12px system-ui';
	context.textAlign = 'center';
	for (const { x, y, value } of values) {
		context.globalAlpha = 0.15 + 0.55 * value / most;
		context.fillStyle = color;
		context.fillRect(x, y, size, size);
		context.globalAlpha = 1;
		context.strokeStyle = '#8888';
		context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
		context.save();
		context.translate(x + size / 2, y + size / 2 + 4);
		if (byId('flip').checked)
			context.scale(1, -1);
		context.lineWidth = 3;
		context.strokeStyle = '#000';
		context.fillStyle = '#fff';
		context.strokeText(text(value), 0, 0);
		context.fillText(text(value), 0, 0);
		context.restore();
	}
}

function drawPicture() {
	const step = frame.steps[shown.step], canvas = byId('canvas'), context = canvas.getContext('2d');
	const target = step && frame.targets[step.target];
	if (!target) {
		canvas.width = canvas.height = 16;
		return;
	}
	canvas.width = target.width;
	canvas.height = target.height;
	if (byId('flip').checked) {
		context.translate(0, target.height);
		context.scale(1, -1);
	}
	compose(context, step.target, shown.step, shown.tiles);
	if (byId('show-time').checked)
		drawGrid(context, step.tiles.map(tile => ({ x: tile.x, y: tile.y, value: tile.ns })), v => Math.round(v / 1000), '#2a9d5c');
	if (byId('show-bins').checked && step.geometry) {
		const wide = step.geometry.tilesX;
		drawGrid(context, step.geometry.bins.map((value, i) => ({ x: i % wide * frame.tile, y: Math.floor(i / wide) * frame.tile, value }))
			.filter(bin => bin.value), v => v, '#5b4bd6');
	}
	if (byId('show-triangles').checked && step.geometry)
		drawTriangles(context, step.geometry);
}

function caption(step) {
	if (!step.tiles)
		return 'This command draws nothing: it changes what later ones do.';
	const pixels = sum(step.tiles, tile => tile.pixels), depths = sum(step.tiles, tile => tile.depths);
	const target = frame.targets[step.target];
	return `Image of resource ${target.resource}${target.samples > 1 ? `, ${target.samples} samples a pixel (their mean)` : ''}: ${pixels} pixels and ${depths} depths changed in ` +
		`${step.tiles.length} tiles; ${micro(step.frontNs)} in front, ${micro(step.backNs)} behind.`;
}

const tabs = {
	Command: (step, box) => {
		box.appendChild(make('p', 'A guest\'s driver sends commands as 32-bit words: a number and a length, then these arguments.'));
		box.appendChild(table(['word', 'hexadecimal', 'decimal', 'as a float'], step.words.map((word, i) => {
			const view = new DataView(new ArrayBuffer(4));
			view.setUint32(0, word);
			return [i, '0x' + word.toString(16).padStart(8, '0'), word, view.getFloat32(0).toPrecision(6)];
		}), true));
		if (step.count > step.words.length)
			box.appendChild(make('p', `and ${step.count - step.words.length} more`));
	},
	State: (step, box) => {
		box.appendChild(make('p', 'What was bound when it drew.'));
		box.appendChild(table(null, step.state || []));
	},
	Vertices: (step, box) => {
		const geometry = step.geometry;
		box.appendChild(make('p', 'The vertex program runs once for each vertex. Clipped, divided by w and moved into the ' +
			'viewport, these are window positions, depth, 1/w, and what the fragment program gets.'));
		if (!geometry || !geometry.vertices.length)
			return;
		const more = (geometry.vertices[0].length - 5) / 4;
		const head = ['vertex', 'x', 'y', 'depth', '1/w'];
		for (let i = 0; i < more; i++)
			head.push(...['x', 'y', 'z', 'w'].map(c => `${i}.${c}`));
		box.appendChild(table(head, geometry.vertices.map(row => row.map((v, i) => i && v !== null ? +v.toPrecision(5) : v)), true));
	},
	Primitives: (step, box) => {
		const geometry = step.geometry;
		if (!geometry)
			return;
		box.appendChild(make('p', `${geometry.triangleCount} triangles are left after culling and clipping; tick "triangles" to see ` +
			'them. Those that cover no pixel\'s centre are gone.'));
	},
	Bins: (step, box) => {
		const geometry = step.geometry;
		if (!geometry)
			return;
		const full = geometry.bins.filter(count => count);
		box.appendChild(make('p', `The image is cut into tiles of ${frame.tile} pixels. Each has a bin: the triangles that may touch it, ` +
			'in order. A thread takes a tile with its bin, so no two ever write the same pixel. Tick "bins" to see how many are in each.'));
		box.appendChild(table(null, [['tiles with triangles', `${full.length} of ${geometry.bins.length}`],
			['entries in all bins', sum(full, count => count)], ['fullest bin', Math.max(0, ...full)]]));
	},
	Tiles: (step, box) => {
		box.appendChild(make('p', 'Tiles in the order they were drawn. The slider under the picture fills them one by one.'));
		box.appendChild(table(['tile', 'pixels', 'depths', 'time', 'ns a pixel'], (step.tiles || []).map(tile =>
			[`${tile.x / frame.tile}, ${tile.y / frame.tile}`, tile.pixels, tile.depths, micro(tile.ns),
				tile.pixels ? (tile.ns / tile.pixels).toFixed(1) : '']), true));
	},
	Shaders: (step, box) => {
		box.appendChild(make('p', 'Left, the program as the guest\'s driver sent it (TGSI); right, the machine code made of it for ' +
			`${frame.backEnd}.`));
		for (const id of step.shaders || []) {
			const shader = shaders.get(id);
			if (!shader)
				continue;
			box.appendChild(make('h3', shader.stage + ' program'));
			const beside = box.appendChild(make('div', undefined, 'beside'));
			beside.appendChild(make('pre', shader.text));
			beside.appendChild(make('pre', shader.code || 'interpreted'));
		}
		if (step.fused >= 0) {
			box.appendChild(make('h3', 'everything that happens to a pixel, in one function'));
			box.appendChild(make('p', 'For this combination of program and state: interpolation, depth test, texture reads, the ' +
				'fragment program, blending. It takes the place of the fragment program once it is compiled.'));
			box.appendChild(make('pre', frame.fused[step.fused]));
		}
	},
};

function drawDetail() {
	const step = frame.steps[shown.step], box = byId('detail');
	box.replaceChildren();
	if (step)
		tabs[shown.tab](step, box);
	for (const tab of byId('tabs').children)
		tab.setAttribute('aria-selected', tab.textContent === shown.tab);
}

function fillTo(count) {
	const step = frame.steps[shown.step], tiles = step && step.tiles ? step.tiles.length : 0;
	shown.tiles = Math.min(count, tiles);
	byId('fill').max = tiles;
	byId('fill').value = shown.tiles;
	byId('fill-text').textContent = `${shown.tiles} of ${tiles}`;
	drawPicture();
}

function select(number) {
	shown.step = number;
	for (const element of document.querySelectorAll('[data-step]')) {
		const on = +element.dataset.step === number;
		element.classList.toggle('on', on);
		if (on && element.tagName === 'LI')
			element.scrollIntoView({ block: 'nearest' });
	}
	byId('caption').textContent = frame.steps[number] ? caption(frame.steps[number]) : '';
	fillTo(Infinity);
	drawDetail();
}

function listSteps() {
	const list = byId('steps'), only = byId('only-drawing').checked;
	list.replaceChildren();
	frame.steps.forEach((step, i) => {
		if (only && !step.tiles)
			return;
		const item = list.appendChild(make('li', `${i} ${step.name} `, step.tiles ? 'drawing' : ''));
		const more = step.object || (step.geometry ? `${step.geometry.triangleCount} triangles` : '');
		item.appendChild(make('small', more));
		item.dataset.step = i;
		item.onclick = () => select(i);
	});
}

function barsOfTime() {
	const most = Math.max(...drawing.map(i => frame.steps[i].frontNs + frame.steps[i].backNs), 1);
	for (const i of drawing) {
		const step = frame.steps[i], bar = byId('times').appendChild(make('button'));
		bar.title = `${i} ${step.name}: ${micro(step.frontNs)} in front, ${micro(step.backNs)} behind`;
		bar.dataset.step = i;
		bar.onclick = () => select(i);
		for (const [kind, ns] of [['back', step.backNs], ['front', step.frontNs]]) {
			const part = bar.appendChild(make('i', undefined, kind));
			part.style.height = 100 * ns / most + '%';
		}
	}
}

function playFill() {
	const tiles = (frame.steps[shown.step].tiles || []).length, step = shown.step;
	let count = 0;
	const tick = () => {
		if (shown.step !== step)
			return;
		fillTo(count);
		count += Math.max(1, Math.ceil(tiles / 120));
		if (shown.tiles < tiles)
			requestAnimationFrame(tick);
	};
	tick();
}

function start() {
	const draws = drawing.filter(i => frame.steps[i].geometry);
	byId('title').textContent = `Frame ${frame.frame} of ${frame.title}`;
	byId('totals').textContent = `${frame.steps.length} commands, ${draws.length} draws, ` +
		`${sum(draws, i => frame.steps[i].geometry.triangleCount)} triangles, ` +
		`${sum(drawing, i => sum(frame.steps[i].tiles, tile => tile.pixels))} pixels changed; ` +
		`${micro(sum(drawing, i => frame.steps[i].frontNs))} in front and ` +
		`${micro(sum(drawing, i => frame.steps[i].backNs))} behind, with ${frame.backEnd}.`;
	byId('cut').hidden = !frame.cut;
	byId('flip').checked = frame.flip;
	for (const name of Object.keys(tabs)) {
		const tab = byId('tabs').appendChild(make('button', name));
		tab.setAttribute('role', 'tab');
		tab.onclick = () => { shown.tab = name; drawDetail(); };
	}
	for (const button of document.querySelectorAll('[data-view]'))
		button.onclick = () => {
			shown.view = button.dataset.view;
			document.querySelectorAll('[data-view]').forEach(other => other.classList.toggle('on', other === button));
			drawPicture();
		};
	for (const id of ['show-triangles', 'show-bins', 'show-time', 'flip'])
		byId(id).onchange = drawPicture;
	byId('only-drawing').onchange = () => { listSteps(); select(shown.step); };
	byId('fill').oninput = event => fillTo(+event.target.value);
	byId('play').onclick = playFill;
	document.onkeydown = event => {
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		const at = drawing.indexOf(shown.step) + step;
		if (step && event.target.tagName !== 'INPUT' && at >= 0 && at < drawing.length)
			select(drawing[at]);
	};
	barsOfTime();
	listSteps();
	select(shown.step);
	document.body.dataset.ready = 'yes';
}

/* The page counts as loaded when all pictures are. */
window.addEventListener('load', () => {
	if ([...images.values()].every(picture => picture.complete && picture.naturalWidth))
		start();
	else
		byId('totals').textContent = 'A picture of this page cannot be read.';
});
