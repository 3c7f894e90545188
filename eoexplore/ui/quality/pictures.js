// The pictures of the patch of a finding: the map's viewer, with the spots outlined over all pictures,
// one of them enlarged, the label map blinking over the optical picture, and the classes at the cursor.

const release = new URL(import.meta.url).search;
const [{ el }, { Viewer }] = await Promise.all(["dom", "viewer"].map((name) => import(`../${name}.js${release}`)));

export const SLOTS = ["optical", "radar", "map", "prediction"];
const BLINKS = { layer: "optical", by: "map" };
const KEPT = 60; // images that stay decoded, for steps back and forth
const TOO_LONG_MS = 4000; // what has come by then is shown without the rest

export class Pictures {
  constructor() {
    this.viewer = new Viewer({ look: (pixel) => this.#look(pixel), pin: (pixel) => this.#pin(pixel) });
    this.images = new Map(); // address → promise of an image, the latest last
    this.isOutlined = true;
    this.large = null; // the slot that is enlarged
    this.pinned = null;
    this.outline = toggle("Outline (o)", "Outline of what was found", () => this.toggleOutline());
    this.blinks = el("button", { type: "button", class: "eo-text-button", title: "Held: the label map in the place of the optical picture", text: "Blink (b)" });
    for (const [name, isOn] of [["pointerdown", true], ["pointerup", false], ["pointerleave", false], ["pointercancel", false]]) {
      this.blinks.addEventListener(name, () => this.blink(isOn));
    }
    this.blinks.addEventListener("keydown", ({ key, repeat }) => [" ", "Enter"].includes(key) && !repeat && this.blink(true));
    this.blinks.addEventListener("keyup", ({ key }) => [" ", "Enter"].includes(key) && this.blink(false));
    this.blinks.addEventListener("blur", () => this.blink(false));
    this.sizes = ["All", "1", "2", "3", "4"].map((text, at) => {
      const slot = SLOTS[at - 1] ?? null;
      return toggle(text, slot ? "" : "All pictures (0)", () => this.enlarge(slot));
    });
    this.says = el("span", { class: "eo-cursor-classes" });
    this.element = el(
      "div",
      { class: "eo-finding-pictures" },
      el(
        "div",
        { class: "eo-picture-tools" },
        el("div", { class: "eo-sizes", role: "group", "aria-label": "Which pictures" }, ...this.sizes),
        this.outline,
        this.blinks,
        this.says,
        this.viewer.tools,
      ),
      this.viewer.pictures,
    );
    this.#render();
  }

  /**
   * Show the pictures of a finding, all at once when they are there.
   *
   * @param {object} item of page.json  @param {function(string): string} url
   * @param {Array<{name, colour}>} classes of the dataset
   */
  async show(item, url, classes) {
    const ticket = (this.ticket = {});
    this.classes = classes;
    const isOther = item.id !== this.shownId;
    const addresses = addressesOf(item).map(url);
    const spots = item.spots ? url(item.spots) : null;
    this.element.setAttribute("aria-busy", "true");
    const late = new Promise((resolve) => setTimeout(resolve, TOO_LONG_MS));
    await Promise.race([Promise.all(addresses.map((address) => this.#image(address))), late]);
    if (ticket !== this.ticket) return;
    this.shownId = item.id;
    this.spots = spots ? await this.#image(spots) : null;
    if (ticket !== this.ticket) return;
    this.element.removeAttribute("aria-busy");
    if (isOther) this.pinned = null;
    this.#overlay();
    this.viewer.show(item.pictures.map((picture) => this.#picture(picture, item, url)));
    this.viewer.setPixel(this.pinned);
    this.says.textContent = "";
    this.outline.hidden = !spots;
    this.blinks.hidden = [BLINKS.layer, BLINKS.by].some((slot) => !item.pictures.find((one) => one.slot === slot)?.url);
    this.sizes.forEach((button, at) => at && this.#name(button, item.pictures[at - 1], at));
    this.#render();
  }

  /** Have the pictures of what may come next at hand. */
  prefetch(item, url) {
    for (const address of addressesOf(item)) this.#image(url(address));
  }

  toggleOutline() {
    this.isOutlined = !this.isOutlined;
    this.#overlay();
    this.viewer.draw();
    this.#render();
  }

  /** @param {string|null} slot shown alone; once more, or null: all of them */
  enlarge(slot) {
    this.large = slot === this.large ? null : slot;
    this.#render();
  }

  blink(isOn) {
    const instead = isOn ? BLINKS : null;
    if (this.viewer.instead === instead) return;
    this.viewer.instead = instead;
    this.viewer.draw();
  }

  /** Arrow keys: move the pixel. */
  movePixel(columns, rows) {
    const { row, column } = this.pinned ?? this.viewer.middle;
    this.#pin(this.viewer.nearest({ row: row + rows, column: column + columns }));
  }

  #overlay() {
    this.viewer.overlay = this.isOutlined ? this.spots : null;
  }

  #picture({ slot, title, caption, url: path, reason }, item, url) {
    const alt = `${title}${caption ? `, ${caption},` : ""} of ${item.place ?? item.id}`;
    return { layer: slot, title, caption, alt, reason, url: path ? url(path) : null };
  }

  #name(button, picture, at) {
    button.disabled = !picture?.url;
    button.title = picture?.url ? `${picture.title} alone (${at})` : (picture?.reason ?? "");
    button.setAttribute("aria-label", button.title);
  }

  #render() {
    this.outline.setAttribute("aria-pressed", String(this.isOutlined));
    this.sizes.forEach((button, at) => button.setAttribute("aria-pressed", String((SLOTS[at - 1] ?? null) === this.large)));
    this.element.classList.toggle("eo-has-large", Boolean(this.large));
    for (const [slot, { element }] of this.viewer.frames) element.hidden = Boolean(this.large) && slot !== this.large;
    this.viewer.draw();
  }

  #look(pixel) {
    this.viewer.setPixel(pixel ?? this.pinned, !pixel);
    this.#say(pixel ?? this.pinned);
  }

  #pin(pixel) {
    this.pinned = pixel;
    this.viewer.setPixel(pixel);
    this.#say(pixel);
  }

  #say(pixel) {
    const words = pixel ? [["map", "Label map"], ["prediction", "Model"]].map(([slot, word]) => this.#classAt(slot, word, pixel)) : [];
    this.says.textContent = words.filter(Boolean).join(" · ");
  }

  /** The class whose colour a picture has at a pixel. */
  #classAt(slot, word, { row, column }) {
    const image = this.viewer.frames.get(slot)?.image;
    if (!image) return null;
    this.probe ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    const scale = image.naturalWidth / this.viewer.grid.columns;
    this.probe.clearRect(0, 0, 1, 1);
    this.probe.imageSmoothingEnabled = false;
    this.probe.drawImage(image, Math.floor((column + 0.5) * scale), Math.floor((row + 0.5) * scale), 1, 1, 0, 0, 1, 1);
    const [red, green, blue, alpha] = this.probe.getImageData(0, 0, 1, 1).data;
    const colour = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    const found = alpha ? this.classes.find((item) => item.colour.toLowerCase() === colour) : null;
    return `${word}: ${found?.name ?? "none of the classes"}`;
  }

  #image(address) {
    const known = this.images.get(address);
    if (known) return known;
    const promise = new Promise((resolve) => {
      const image = new Image();
      image.decoding = "async";
      image.addEventListener("load", () => resolve(image));
      image.addEventListener("error", () => {
        this.images.delete(address); // the next time it is asked for again
        resolve(null);
      });
      image.src = address;
    });
    this.images.set(address, promise);
    if (this.images.size > KEPT) this.images.delete(this.images.keys().next().value);
    return promise;
  }
}

function addressesOf(item) {
  return [...item.pictures.map(({ url }) => url), item.spots].filter(Boolean);
}

function toggle(text, title, act) {
  return el("button", { type: "button", class: "eo-text-button", title, text, "aria-pressed": "false", on: { click: act } });
}
