/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the samples share: a canvas with WebGL 2, and what each must show. A sample calls sample() with a function, which
 * draws and checks; it may be asynchronous. The page's load event waits for it. What went wrong is told to the page around.
 */
'use strict';

const problems = [];
const canvas = document.createElement('canvas');
canvas.width = canvas.height = 256;
document.body.append(canvas);
const gl = canvas.getContext('webgl2', { antialias: false, preserveDrawingBuffer: true, stencil: true });
let checks = 0, ended = false;

function problem(text) {
	problems.push(String(text));
}

window.addEventListener('error', event => problem(event.message));
window.addEventListener('unhandledrejection', event => problem(event.reason));
for (const kind of ['error', 'warn'])
	console[kind] = (...words) => problem(words.join(' '));
canvas.addEventListener('webglcontextlost', () => problem('the context was lost'));

function check(holds, text) {
	checks++;
	if (!holds)
		problem(text);
}

/* Whether numbers are those expected, each within `tolerance`. */
function same(actual, expected, text, tolerance = 0) {
	const alike = actual.length === expected.length &&
		expected.every((value, i) => Math.abs(actual[i] - value) <= tolerance);
	check(alike, `${text}: ${Array.from(actual)}, not ${Array.from(expected)}`);
}

/* A pixel of the framebuffer that is bound, in bytes. */
function pixel(x, y) {
	const bytes = new Uint8Array(4);
	gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
	return bytes;
}

function shader(type, text) {
	const object = gl.createShader(type);
	gl.shaderSource(object, `#version 300 es\nprecision highp float;\nprecision highp int;\n${text}`);
	gl.compileShader(object);
	if (!gl.getShaderParameter(object, gl.COMPILE_STATUS))
		throw new Error(gl.getShaderInfoLog(object));
	return object;
}

/* A program; `streamed` names what goes to buffers. It is in use afterwards. */
function program(vertex, fragment, streamed = [], mode = gl.INTERLEAVED_ATTRIBS) {
	const object = gl.createProgram();
	gl.attachShader(object, shader(gl.VERTEX_SHADER, vertex));
	gl.attachShader(object, shader(gl.FRAGMENT_SHADER, fragment));
	if (streamed.length)
		gl.transformFeedbackVaryings(object, streamed, mode);
	gl.linkProgram(object);
	if (!gl.getProgramParameter(object, gl.LINK_STATUS))
		throw new Error(gl.getProgramInfoLog(object));
	gl.useProgram(object);
	return object;
}

function place(object, name) {
	return gl.getUniformLocation(object, name);
}

function buffer(target, data, use = gl.STATIC_DRAW) {
	const object = gl.createBuffer();
	gl.bindBuffer(target, object);
	gl.bufferData(target, data, use);
	return object;
}

/* A floating-point attribute of the buffer that is bound. */
function attribute(index, size, stride = 0, offset = 0, divisor = 0) {
	gl.enableVertexAttribArray(index);
	gl.vertexAttribPointer(index, size, gl.FLOAT, false, stride, offset);
	gl.vertexAttribDivisor(index, divisor);
}

/* A texture of one level that is read texel by texel. */
function texture(target, filter = gl.NEAREST) {
	const object = gl.createTexture();
	gl.bindTexture(target, object);
	gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, filter);
	gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, filter);
	gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
	gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
	return object;
}

/* Two triangles that cover everything, without a buffer: gl_VertexID 0 to 3 of a strip. */
const whole = 'vec2 whole() { return vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0; }';

function draw_whole() {
	gl.bindVertexArray(null);
	gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
}

function framebuffer(...textures) {
	const object = gl.createFramebuffer();
	gl.bindFramebuffer(gl.FRAMEBUFFER, object);
	textures.forEach((t, i) => gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, t, 0));
	gl.drawBuffers(textures.map((t, i) => gl.COLOR_ATTACHMENT0 + i));
	return object;
}

/* Column by column, as the shaders want them. */
function multiply(a, b) {
	return Float32Array.from({ length: 16 }, (_, i) =>
		[0, 1, 2, 3].reduce((sum, k) => sum + a[k * 4 + i % 4] * b[(i >> 2) * 4 + k], 0));
}

function perspective(scale, near, far) {
	return [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0];
}

function orthographic(scale, near, far) {
	return [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, 2 / (near - far), 0, 0, 0, (far + near) / (near - far), 1];
}

function moved(x, y, z) {
	return [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1];
}

function turned(axis, angle) {
	const s = Math.sin(angle), c = Math.cos(angle);
	return axis === 'x' ? [1, 0, 0, 0, 0, c, s, 0, 0, -s, c, 0, 0, 0, 0, 1] : [c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, 0, 0, 0, 1];
}

/* The browser's next turn: what WebGL only tells then has been told. */
function turn() {
	return new Promise(resolve => setTimeout(resolve, 0));
}

/* An image that is being fetched holds back the load event; the next one follows until the sample has ended. */
function hold(count) {
	if (ended)
		return;
	const image = new Image();
	image.onload = image.onerror = () => hold(count + 1);
	image.src = `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" id="n${count}"/>`;
}

async function sample(run) {
	let renderer = 'none';
	hold(0);
	try {
		if (!gl)
			throw new Error('there is no WebGL 2');
		renderer = gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info').UNMASKED_RENDERER_WEBGL);
		await run();
		const error = gl.getError();
		check(error === gl.NO_ERROR, `GL error 0x${error.toString(16)}`);
	} catch (error) {
		problem(error);
	}
	document.title = problems.length ? `wrong: ${problems.join('; ')}` : `right: ${checks} checks`;
	parent.postMessage({ page: location.pathname.replace(/.*\//, ''), checks, problems, renderer }, '*');
	ended = true;
}
