// The pictures of one patch side by side: the same zoom and centre in all of them, and one crosshair.
// Only draws and reports; inspect.js asks for what is known of the pixel.

const release = new URL(import.meta.url).search;
const { el, iconButton } = await import(`./dom.js${release}`);

const PATCH = { rows: 120, columns: 120 }; // 10 m pixels of a patch: what row and column count
const DEEPEST = 8;
const WHEEL_STEP = 40; // pixels of wheel movement that make one step of zoom
const DRAG_PX = 4;
const HINT = "Arrow keys move the pixel, plus and minus zoom, a click chooses a pixel.";

export class Viewer {
  /** @param {{look: function(object|null), pin: function(object)}} listeners a pixel {row, column} */
  constructor(listeners) {
    this.listeners = listeners;
    this.grid = PATCH;
    this.zoom = 1;
    this.left = this.top = 0; // the upper-left pixel that is shown
    this.pixel = null;
    this.frames = new Map(); // layer → Frame
    this.overlay = null; // an image that lies over all pictures
    this.instead = null; // {layer, by}: one picture shows what another one has
    this.pictures = el("div", { class: "eo-pictures", tabindex: "0", role: "application", "aria-label": `Pictures of the patch. ${HINT}` });
    this.level = el("span", { class: "eo-level", title: "Zoom of the pictures" });
    this.out = iconButton("minus", "Zoom the pictures out", () => this.zoomBy(0.5), "eo-quiet eo-small");
    this.in = iconButton("plus", "Zoom the pictures in", () => this.zoomBy(2), "eo-quiet eo-small");
    this.where = el("span", { class: "eo-where" });
    this.tools = el("div", { class: "eo-viewer-tools" }, this.where, this.out, this.level, this.in);
    this.pictures.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.pictures);
    this.#move(0, 0);
  }

  get isFocused() {
    return this.pictures.getRootNode().activeElement === this.pictures;
  }

  /** @param {Array<{layer, title, caption, alt, url, reason}>} pictures from left to right */
  show(pictures) {
    const wanted = new Set(pictures.map(({ layer }) => layer));
    const isEmpty = !pictures.some(({ url }) => url);
    for (const tool of [this.out, this.level, this.in]) tool.hidden = isEmpty;
    for (const [layer, frame] of this.frames) {
      if (wanted.has(layer)) continue;
      frame.element.remove();
      this.frames.delete(layer);
    }
    for (const picture of pictures) {
      if (!this.frames.has(picture.layer)) this.frames.set(picture.layer, new Frame(this));
      const frame = this.frames.get(picture.layer);
      this.pictures.append(frame.element);
      frame.show(picture);
    }
  }

  /** The pixels of the sample that is shown; samples without a place have sizes of their own. */
  setGrid(grid) {
    const { rows, columns } = grid ?? PATCH;
    if (rows === this.grid.rows && columns === this.grid.columns) return;
    this.grid = { rows, columns };
    this.zoom = 1;
    this.#move(0, 0);
  }

  get middle() {
    return this.nearest({ row: this.grid.rows / 2 - 1, column: this.grid.columns / 2 - 1 });
  }

  holds(pixel) {
    return Boolean(pixel) && pixel.row < this.grid.rows && pixel.column < this.grid.columns;
  }

  /** The pixel at a place, or the one at the edge that is nearest to it. */
  nearest({ row, column }) {
    const cut = (at, count) => Math.min(count - 1, Math.max(0, Math.floor(at)));
    return { row: cut(row, this.grid.rows), column: cut(column, this.grid.columns) };
  }

  /** Pixels along the longer side: pictures are shown in squares. */
  get side() {
    return Math.max(this.grid.rows, this.grid.columns);
  }

  /** Put the crosshair on a pixel; null takes it away. */
  setPixel(pixel, isPinned = true) {
    this.pixel = pixel;
    this.where.textContent = pixel && !isPinned ? "a click keeps it" : "";
    if (pixel && isPinned) this.#uncover(pixel);
    this.draw();
  }

  /** Pixels shown along each side. */
  get span() {
    return this.side / this.zoom;
  }

  /** Zoom by a factor about a place, given in fractions of a picture. */
  zoomBy(factor, place = this.#middle()) {
    const zoom = Math.min(DEEPEST, Math.max(1, this.zoom * factor));
    if (zoom === this.zoom) return;
    const x = this.left + place.x * this.span;
    const y = this.top + place.y * this.span;
    this.zoom = zoom;
    this.#move(x - place.x * this.span, y - place.y * this.span);
  }

  draw() {
    for (const frame of this.frames.values()) frame.draw();
  }

  pan(columns, rows) {
    this.#move(this.left + columns, this.top + rows);
  }

  /** The pixel under a place, given in fractions of a picture. */
  pixelAt({ x, y }) {
    return this.nearest({ row: this.top + y * this.span, column: this.left + x * this.span });
  }

  /** Zoom keeps the pixel in sight where there is one. */
  #middle() {
    if (!this.pixel) return { x: 0.5, y: 0.5 };
    const inside = (at, start) => Math.min(1, Math.max(0, (at + 0.5 - start) / this.span));
    return { x: inside(this.pixel.column, this.left), y: inside(this.pixel.row, this.top) };
  }

  #move(left, top) {
    // Whole pixels, so that each of them is one block of equal size.
    const cut = (start) => Math.round(Math.min(this.side - this.span, Math.max(0, start)));
    this.left = cut(left);
    this.top = cut(top);
    this.level.textContent = `× ${this.zoom}`;
    this.out.disabled = this.zoom <= 1;
    this.in.disabled = this.zoom >= DEEPEST;
    this.pictures.classList.toggle("eo-zoomed", this.zoom > 1);
    this.draw();
  }

  #uncover({ row, column }) {
    const inside = (start, at) => (at < start ? at : at >= start + this.span ? at + 1 - this.span : start);
    const [left, top] = [inside(this.left, column), inside(this.top, row)];
    if (left !== this.left || top !== this.top) this.#move(left, top);
  }

  #wheel(event) {
    const frame = [...this.frames.values()].find(({ canvas }) => event.composedPath().includes(canvas));
    if (!frame || event.ctrlKey) return;
    event.preventDefault();
    const amount = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
    this.turned = Math.sign(amount) === Math.sign(this.turned ?? 0) ? this.turned + amount : amount;
    if (Math.abs(this.turned) < WHEEL_STEP) return;
    this.zoomBy(this.turned < 0 ? 2 : 0.5, frame.fraction(event));
    this.turned = 0;
    this.listeners.look(this.pixelAt(frame.fraction(event)));
  }
}

/** One picture: a canvas on which each pixel of the picture is a flat block. */
class Frame {
  constructor(viewer) {
    this.viewer = viewer;
    this.canvas = el("canvas", { class: "eo-canvas", role: "img" });
    this.note = el("div", { class: "eo-no-picture", hidden: true });
    this.caption = el("figcaption");
    this.element = el("figure", {}, this.canvas, this.note, this.caption);
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointerdown", (event) => this.#pressed(event));
    on("pointermove", (event) => this.#moved(event));
    on("pointerup", (event) => this.#released(event));
    on("pointercancel", () => (this.drag = null));
    on("pointerleave", () => this.drag || viewer.listeners.look(null));
  }

  show({ layer, title, caption, alt, url, reason }) {
    this.element.dataset.picture = layer;
    this.caption.replaceChildren(el("span", { text: title }), el("span", { class: "eo-style-name", text: caption ?? "" }));
    this.caption.title = caption ? `${title}: ${caption}` : title;
    this.canvas.setAttribute("aria-label", alt);
    if (!url) this.#refuse(reason ?? "No picture");
    else if (url !== this.url) this.#load(url);
    this.url = url;
  }

  draw() {
    const { canvas, viewer } = this;
    const image = this.#shownImage;
    const box = canvas.clientWidth;
    if (!box) return;
    const side = Math.round(box * (window.devicePixelRatio || 1));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const paint = canvas.getContext("2d");
    paint.clearRect(0, 0, side, side);
    if (image) this.#paint(paint, image, side, false);
    // Lines of many pixels, which are made thinner.
    if (image && viewer.overlay) this.#paint(paint, viewer.overlay, side, true);
    if (viewer.pixel) this.#crosshair(paint, side);
  }

  get #shownImage() {
    const { instead, frames } = this.viewer;
    const other = instead?.layer === this.element.dataset.picture ? frames.get(instead.by)?.image : null;
    return other ?? this.image;
  }

  #paint(paint, image, side, isSmooth) {
    const { viewer } = this;
    const scale = image.naturalWidth / viewer.grid.columns;
    const part = viewer.span * scale;
    paint.imageSmoothingEnabled = isSmooth;
    paint.drawImage(image, viewer.left * scale, viewer.top * scale, part, part, 0, 0, side, side);
  }

  /** Where a pointer is, in fractions of the picture. */
  fraction(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #load(url) {
    // The old picture stays until the new one is there: nothing blinks.
    const image = new Image();
    image.decoding = "async";
    image.addEventListener("load", () => this.url === url && this.#took(image));
    image.addEventListener("error", () => this.url === url && this.#refuse("The picture could not be loaded"));
    image.src = url;
  }

  #took(image) {
    this.image = image;
    this.note.hidden = true;
    this.canvas.hidden = false;
    this.element.dataset.shown = this.url;
    this.draw();
  }

  #refuse(sentence) {
    this.image = null;
    this.note.textContent = sentence;
    this.note.hidden = false;
    this.canvas.hidden = true;
    delete this.element.dataset.shown;
  }

  /** A bright box around the pixel with four arms, cased in dark: seen on any imagery. */
  #crosshair(paint, side) {
    const { pixel, left, top, span } = this.viewer;
    const unit = side / span;
    const [x, y] = [(pixel.column - left) * unit, (pixel.row - top) * unit];
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    const ratio = window.devicePixelRatio || 1;
    const gap = Math.max(3 * ratio, unit * 0.25);
    const arm = 12 * ratio;
    const [near, far] = [-gap, unit + gap];
    const path = new Path2D();
    path.rect(x - ratio, y - ratio, unit + 2 * ratio, unit + 2 * ratio);
    for (const [from, to] of [[near, near - arm], [far, far + arm]]) {
      path.moveTo(x + from, y + unit / 2);
      path.lineTo(x + to, y + unit / 2);
      path.moveTo(x + unit / 2, y + from);
      path.lineTo(x + unit / 2, y + to);
    }
    for (const [colour, width] of [["#10131a", 4], ["#ffe14d", 2]]) {
      paint.strokeStyle = colour;
      paint.lineWidth = width * ratio;
      paint.stroke(path);
    }
  }

  #pressed(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.viewer.pictures.focus({ preventScroll: true });
    const { left, top } = this.viewer;
    this.drag = { x: event.clientX, y: event.clientY, left, top, isFar: false };
  }

  #moved(event) {
    const { viewer, drag } = this;
    if (!drag) {
      if (event.pointerType !== "touch") viewer.listeners.look(viewer.pixelAt(this.fraction(event)));
      return;
    }
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.isFar ||= Math.hypot(dx, dy) > DRAG_PX;
    if (!drag.isFar) return;
    const unit = this.canvas.getBoundingClientRect().width / viewer.span;
    viewer.pan(drag.left - dx / unit - viewer.left, drag.top - dy / unit - viewer.top);
  }

  #released(event) {
    const { viewer, drag } = this;
    this.drag = null;
    if (drag && !drag.isFar) viewer.listeners.pin(viewer.pixelAt(this.fraction(event)));
  }
}
