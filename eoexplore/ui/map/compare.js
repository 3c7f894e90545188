// Two states of the map at once: swipe (one map, a divider), two maps, or blink (hold a key).
// The left map is never made anew. The right side is a second pane of it, or a second map.

const release = new URL(import.meta.url).search;
const [{ el }, { Side, SideState, createMap, canvasOf }, ...parts] = await Promise.all(
  ["dom", "side", "rules", "styletext", "divider"].map((name) => import(`./${name}.js${release}`)),
);
const { shortRule, parseStyle, Divider } = Object.assign({}, ...parts);

export const MODES = ["swipe", "two", "blink"];
const RIGHT_PANE = "eo-right";

/** "swipe:50" → {mode, percent}; mode null for none, undefined for what is no comparison. */
export function parseCompare(text) {
  if (text === null || text === undefined || text === "") return { mode: null, percent: 50 };
  const [mode, number] = String(text).split(":");
  if (!MODES.includes(mode)) return { mode: undefined, percent: 50 };
  const percent = /^\d{1,3}(\.\d+)?$/.test(number ?? "") ? Math.min(100, Number(number)) : 50;
  return { mode, percent };
}

export class Compare {
  constructor(view, memory) {
    this.view = view;
    this.memory = memory;
    this.mode = null;
    this.right = null;
    this.isRightActive = false;
    this.isHeld = false; // blink: the right side is seen
    this.maps = []; // {map, background, side}
    this.busy = new Set(); // maps that follow the other one just now
    this.divider = new Divider((percent) => this.#split(percent));
    this.ghost = el("div", { class: "eo-ghost", "aria-hidden": "true", hidden: true });
    this.labels = {
      left: el("div", { class: "eo-side-label eo-left-label", hidden: true }),
      right: el("div", { class: "eo-side-label eo-right-label", hidden: true }),
    };
    this.hold = this.#holdButton();
    this.elements = [this.divider.element, this.labels.left, this.labels.right, this.hold, this.ghost];
    view.keys.add(this.#keys());
  }

  format() {
    return this.mode === "swipe" ? `swipe:${this.divider.percent}` : this.mode;
  }

  /** @param {string|null} text as in the address; what is no comparison is said and ends one */
  set(text) {
    const { mode, percent } = parseCompare(text);
    if (mode === undefined) this.view.notices.push(`There is no comparison “${String(text).slice(0, 20)}”.`);
    this.divider.show(percent);
    this.#switch(mode ?? null);
  }

  /** As the user asks for it: the right side is then the one to be changed. */
  choose(mode) {
    if (mode === this.mode) return;
    const isNew = !this.mode;
    this.view.address.flush();
    this.#switch(mode);
    if (isNew) this.activate("right");
    this.view.address.push();
    // Space must reach the map, not the button that has just been pressed.
    if (mode === "blink") this.view.canvas.focus({ preventScroll: true });
  }

  activate(name) {
    this.isRightActive = name === "right" && Boolean(this.right);
    this.view.sidesChanged();
  }

  /** A map that takes clicks and shows marks from now on. */
  adopt(side, map, background) {
    const { view } = this;
    this.maps.push({ map, background, side });
    view.marks.addMap(map);
    map.on("click", (event) => {
      if (view.frame.isNarrow) view.panel.toggle(false); // the sheet would lie over the card
      view.clickMode(event.latlng, this.#sideAt(side, event), event);
    });
    map.on("mousemove", (event) => this.#cursor(map, event.latlng));
    map.on("mouseout", () => this.#cursor(map, null));
    map.on("move zoomanim viewreset resize", () => map === view.map && this.#clip());
  }

  resized() {
    const { map } = this.view;
    if (!map) return;
    for (const each of this.maps) each.map.invalidateSize({ animate: false });
    this.#follow(map, true);
    this.#clip();
  }

  stop() {
    this.right?.clear();
    this.#dropSecondMap();
    this.right = null;
  }

  /** Say what is seen of each side: from the top down to the first picture that hides the rest. */
  describe() {
    const zoom = this.view.map.getZoom();
    for (const side of this.view.sides) {
      const seen = [];
      for (const layer of [...side.choices.layers].reverse()) {
        const isIn = zoom >= (layer.min_zoom ?? 0) && zoom <= (layer.max_zoom ?? 99);
        if (!layer.visible || !layer.style || !isIn || layer.kind === "footprints") continue;
        const { line } = parseStyle(layer.styleText);
        seen.push(line ? `${layer.style.title}, outlines,` : layer.style.title);
        if (!line && layer.opacity > 0.95) break;
      }
      const what = seen.join(" over ") || "No layer";
      this.labels[side.name].textContent = `${what} · ${shortRule(side.date)}`;
    }
  }

  // -- the modes ----------------------------------------------------------------------------

  #switch(mode) {
    if (mode === this.mode) return;
    const before = this.mode;
    this.mode = mode;
    const { view } = this;
    if (mode && !this.right) this.right = new Side("right", (this.memory.right ??= this.#firstRight()));
    const moves = (before === "two") !== (mode === "two");
    if (!mode || moves || !before) this.right?.clear();
    if (moves && before === "two") this.#dropSecondMap();
    for (const name of MODES) view.root.classList.toggle(`eo-${name}`, name === mode);
    view.root.classList.toggle("eo-comparing", Boolean(mode));
    if (mode === "two") this.#addSecondMap();
    else if (mode && (moves || !before)) this.#addPane();
    if (!mode) this.right = null;
    this.isRightActive &&= Boolean(mode);
    this.memory.compare = this.format();
    this.divider.element.hidden = mode !== "swipe";
    this.labels.left.hidden = this.labels.right.hidden = !mode;
    this.hold.hidden = mode !== "blink";
    this.#held(false);
    this.resized();
    view.sidesChanged();
  }

  /** At first the right side is the left one with the reference map over it, or its earliest date. */
  #firstRight() {
    const { left } = this.view;
    const choices = left.choices.copy();
    choices.sync(this.view.data.layers ?? []);
    const labels = choices.layers.find((layer) => layer.kind === "categorical" && !layer.disabled);
    if (labels && !labels.visible) {
      choices.set(labels.id, { visible: true });
      return new SideState(choices, left.date);
    }
    return new SideState(choices, left.date === "" ? "earliest" : "");
  }

  #addPane() {
    const { map, L, progress } = this.view;
    const pane = map.getPane(RIGHT_PANE) ?? map.createPane(RIGHT_PANE);
    pane.style.zIndex = 210; // just above the tiles of the left side
    pane.style.pointerEvents = "none";
    this.right.place(L, map, progress.of("right"), RIGHT_PANE);
  }

  #addSecondMap() {
    const { view } = this;
    this.canvas = canvasOf("Second map, moved together with the first.");
    view.canvas.after(this.canvas);
    const centre = view.map.getCenter();
    view.map.invalidateSize({ animate: false, pan: false });
    view.map.setView(centre, view.map.getZoom(), { animate: false });
    const { map, background } = createMap(view.L, this.canvas);
    map.setView(centre, view.map.getZoom(), { animate: false });
    background.setTheme(view.theme);
    background.setOnline(view.onlineIsOn ? view.data.online : null);
    this.right.place(view.L, map, view.progress.of("right"));
    this.adopt(this.right, map, background);
    this.follows = {
      move: (event) => this.#follow(event.target, false),
      moveend: (event) => this.#follow(event.target, true),
      zoomanim: (event) => this.#zoomWith(event),
    };
    for (const each of this.maps) each.map.on(this.follows);
    window.__eoexplore.compared = (window.__eoexplore.compared ?? 0) + 1;
  }

  #dropSecondMap() {
    const at = this.maps.findIndex(({ side }) => side.name === "right");
    if (at < 0) return;
    const [{ map }] = this.maps.splice(at, 1);
    this.view.map.off(this.follows);
    this.view.marks.removeMap(map);
    map.remove();
    this.canvas.remove();
    this.busy.clear();
    this.ghost.hidden = true;
    const centre = this.view.map.getCenter();
    this.view.root.classList.remove("eo-two");
    this.view.map.invalidateSize({ animate: false, pan: false });
    this.view.map.setView(centre, this.view.map.getZoom(), { animate: false });
  }

  // -- two maps -----------------------------------------------------------------------------

  #other(map) {
    return this.maps.find((each) => each.map !== map)?.map ?? null;
  }

  /** Bring the other map to where this one is. */
  #follow(from, hasEnded) {
    const to = this.#other(from);
    if (!to || this.busy.has(from)) return;
    // In the middle of a pinch a new zoom would throw away all tiles at every frame.
    if (to.getZoom() !== from.getZoom() && !hasEnded) return;
    this.busy.add(to);
    if (to.getZoom() !== from.getZoom()) to.setView(from.getCenter(), from.getZoom(), { animate: false });
    // By whole pixels from the upper left corner: a rounded centre would be off by one now and then.
    const by = from.getPixelBounds().min.subtract(to.getPixelBounds().min);
    if (by.x || by.y) to.panBy(by, { animate: false });
    this.busy.delete(to);
  }

  #zoomWith({ target, center, zoom }) {
    const to = this.#other(target);
    if (!to || this.busy.has(target) || this.busy.has(to)) return;
    this.busy.add(to);
    to.once("zoomend", () => this.busy.delete(to));
    to.setView(center, zoom, { animate: true });
  }

  #cursor(map, latlng) {
    this.view.cursorAt(latlng);
    const other = this.#other(map);
    this.ghost.hidden = !latlng || !other;
    if (this.ghost.hidden) return;
    const frame = this.view.root.getBoundingClientRect();
    const box = other.getContainer().getBoundingClientRect();
    const { x, y } = other.latLngToContainerPoint(latlng);
    this.ghost.style.transform = `translate(${box.left - frame.left + x}px, ${box.top - frame.top + y}px)`;
  }

  // -- one map, two panes -------------------------------------------------------------------

  #split(percent) {
    this.view.root.style.setProperty("--eo-split", `${percent}%`);
    this.#clip();
    this.memory.compare = this.format();
    if (this.mode === "swipe") this.view.address.set({ c: this.format() });
  }

  /** Show of each pane what lies on its side of the divider. */
  #clip() {
    const { map } = this.view;
    const panes = [map?.getPane("tilePane"), map?.getPane(RIGHT_PANE)];
    if (!panes[0] || !this.view.root.clientWidth) return;
    const size = map.getSize();
    const first = map.containerPointToLayerPoint([0, 0]);
    const last = map.containerPointToLayerPoint(size);
    const x = first.x + (size.x * this.divider.percent) / 100;
    const clips = [[first.x, x], [x, last.x]];
    panes.forEach((pane, index) => {
      if (!pane) return;
      const [left, right] = clips[index];
      const isCut = this.mode === "swipe";
      pane.style.clip = isCut ? `rect(${first.y}px, ${right}px, ${last.y}px, ${left}px)` : "";
      const isHidden = this.mode === "blink" && this.isHeld === (index === 0);
      pane.style.visibility = isHidden ? "hidden" : "";
    });
  }

  #held(isHeld) {
    this.isHeld = isHeld && this.mode === "blink";
    this.view.root.classList.toggle("eo-held", this.isHeld);
    this.hold.setAttribute("aria-pressed", String(this.isHeld));
    this.#clip();
  }

  /** The side that is seen where something was clicked. */
  #sideAt(side, { containerPoint }) {
    if (this.mode === "blink") return this.isHeld ? this.right : side;
    if (this.mode !== "swipe") return side;
    const isRight = containerPoint.x > (side.map.getSize().x * this.divider.percent) / 100;
    return isRight ? this.right : side;
  }

  #holdButton() {
    const button = el("button", {
      type: "button",
      class: "eo-text-button eo-hold",
      hidden: true,
      title: "Hold to see the right side (space)",
      text: "Hold to see the right side",
    });
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      this.#held(true);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      button.addEventListener(name, () => this.#held(false));
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    return button;
  }

  #keys() {
    return [
      {
        key: "c",
        meaning: "compare: swipe, two maps, blink, off",
        act: () => {
          const modes = [null, ...MODES];
          this.choose(modes[(modes.indexOf(this.mode) + 1) % modes.length]);
        },
      },
      {
        key: " ",
        shown: "Space",
        meaning: "while comparing by blink: hold to see the right side",
        act: () => this.mode === "blink" && (this.#held(true), true),
        release: () => this.#held(false),
      },
    ];
  }
}
