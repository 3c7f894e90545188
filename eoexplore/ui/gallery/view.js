// One gallery: its element, its state, and the parts around it. To the parts that it shares with the
// map (picker, adjust, card, keys) it is what a map's view is: state, sides, addresses, say, ask.

const release = new URL(import.meta.url).search;
const shared = ["dom", "address", "choices", "frame", "keys", "notes", "format", "pageof", "listview"].map((name) => import(`../${name}.js${release}`));
const own = ["look", "grid", "controls", "picks", "inspector", "keytable", "empty"].map((name) => import(`./${name}.js${release}`));
const parts = Object.assign({}, ...(await Promise.all([...shared, ...own])));
const { el, Address, Choices, Frame, Keys, Toast, Help, localUrl } = parts;
const { OWNED, parseShown, formatShown, parseCount, parseOrder, orderOf, usualLayer } = parts;
const { Grid, Controls, Picked, GalleryInspector, galleryKeys, Empty, pageOf, ListView } = parts;

const FAR_ZOOM = 14; // at which a legend's numbers do not depend on the zoom

// What outlives a gallery in this tab, by dataset.
const memory = new Map();

export class GalleryView extends ListView {
  constructor(data) {
    super();
    this.data = data;
    this.dataset = data.dataset;
    const remembered = memory.get(this.dataset);
    const linked = remembered ? null : Address.read(OWNED);
    this.memory = remembered ?? { shown: null, order: "", size: null, number: 1, open: null, picked: [] };
    memory.set(this.dataset, this.memory);
    this.choices = this.memory.choices ??= new Choices();
    this.side = { name: "left", choices: this.choices, date: "" };
    this.listeners = new Set();
    this.hasLink = true; // there is no place to go to
    this.notices = [];
    this.page = null;
    this.address = new Address(this.dataset, (state) => this.#goTo(state), OWNED, null);
    if (linked) {
      this.#take(linked);
      Object.assign(this.address.own, linked); // until it is known how it is written
    }
    this.#build();
  }

  destroy() {
    super.destroy();
    this.inspector.stop();
    this.grid.observer.disconnect();
  }

  /** Show what the server has sent; called at each change of the data. */
  update(data, component) {
    const isFirst = !this.component;
    const hasOther = this.data.query !== data.query;
    this.data = data;
    this.component = component;
    this.address.told(data.query);
    this.frame.theme();
    this.inspector.setSource(data);
    this.choices.sync(data.layers);
    this.controls.update(data);
    this.picks.told(data.kept);
    this.note.textContent = data.pictureless ?? "";
    this.note.hidden = !data.pictureless;
    this.grid.isPictureless = Boolean(data.pictureless);
    // Another selection has other pages.
    if (!isFirst && hasOther) this.memory.number = 1;
    this.#show();
    if (isFirst && this.memory.open) this.inspector.restore(this.memory.open);
    this.address.arrive();
  }

  // -- what the parts ask for -----------------------------------------------------------------

  get sides() {
    return [this.side];
  }

  get activeSide() {
    return this.side;
  }

  sideOf() {
    return null;
  }

  /** Asked where a card is closed: the focus goes back to the tiles. */
  get canvas() {
    return this.grid;
  }

  get shown() {
    const { layers } = this.choices;
    return layers.find(({ id, disabled }) => id === this.memory.shown && !disabled) ?? usualLayer(layers);
  }

  get sort() {
    const { id } = orderOf(this.order);
    return this.data.sorts.find((sort) => sort.id === id) ?? this.data.sorts[0];
  }

  get order() {
    return this.memory.order || this.data.sorts[0].id;
  }

  get isTurned() {
    return orderOf(this.order).isTurned;
  }

  get size() {
    return this.memory.size ?? this.data.usual_size;
  }

  queryOf() {
    return this.data.query ?? "";
  }

  url(path, _side, values = {}) {
    const query = new URLSearchParams(this.queryOf());
    for (const [name, value] of Object.entries(values)) if (value || value === 0) query.set(name, value);
    return `${localUrl(this.data.base ?? "", path)}?${query}`;
  }

  /** What the adjusting part asks: the legend with the histogram of a style. */
  get questions() {
    const path = (id) => `/legend/${encodeURIComponent(this.dataset)}/${encodeURIComponent(id)}`;
    return { legendUrl: ({ id, styleText }) => this.url(path(id), null, { style: styleText, z: FAR_ZOOM }) };
  }

  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setOpen(text) {
    this.memory.open = text || null;
    this.address.set({ i: this.memory.open });
  }

  setLayer(id, change) {
    this.choices.set(id, change);
    this.#show();
  }

  setShown(id) {
    this.memory.shown = id;
    this.#show();
  }

  setOrder(id) {
    this.memory.order = `${this.isTurned ? "-" : ""}${id}`;
    this.#reorder();
  }

  turnOrder() {
    this.memory.order = `${this.isTurned ? "" : "-"}${orderOf(this.order).id}`;
    this.#reorder();
  }

  #reorder() {
    this.memory.number = 1;
    this.#show();
  }

  setSize(size) {
    // The first patch that is seen stays on the page.
    const first = (this.memory.number - 1) * this.size;
    this.memory.size = size;
    this.memory.number = Math.floor(first / size) + 1;
    this.#show();
  }

  /** Pages are entries of the history: Back leads to the one before. */
  setPage(number) {
    if (number === this.memory.number) return;
    this.address.flush();
    this.memory.number = number;
    this.grid.toStart();
    this.#show();
    this.address.push();
  }

  turnPage(step) {
    const number = this.memory.number + step;
    if (number < 1 || number > (this.page?.pages ?? 1)) return false;
    this.setPage(number);
    return true;
  }

  /** Show the page that holds a place in the order. */
  showPosition(position) {
    this.setPage(Math.floor((position - 1) / this.size) + 1);
  }

  open(id, { byKey = false } = {}) {
    const from = this.root.getRootNode().activeElement;
    const shown = this.inspector.show(id);
    // The card that was opened by a key is read by keys; Esc leads back.
    if (byKey) shown.then(() => this.inspector.takeFocus(from));
  }

  mark(id) {
    this.marked = id;
    this.root.classList.toggle("eo-has-card", Boolean(id));
    this.grid.setCurrent(id);
  }

  revealOpen() {
    if (this.marked) this.grid.reveal(this.marked);
  }

  picksChanged() {
    this.memory.picked = [...this.picks.ids];
    this.grid.showPicked();
    this.root.classList.toggle("eo-has-picked", this.picks.ids.size > 0);
  }

  mapAddress(id) {
    const query = new URLSearchParams({ dataset: this.dataset });
    const given = new URLSearchParams(this.queryOf());
    for (const name of ["select", "palette"]) if (given.get(name)) query.set(name, given.get(name));
    const look = this.#format().g;
    if (look) query.set("l", `${look}:100`);
    query.set("i", id);
    return `${this.data.base ?? ""}/?${query}`;
  }

  exportAddress(ending, select) {
    const path = `/export/${encodeURIComponent(this.dataset)}/selection.${ending}`;
    return `${localUrl(this.data.base ?? "", path)}?${new URLSearchParams({ select })}`;
  }

  // -- building ---------------------------------------------------------------------------------

  #build() {
    this.toast = new Toast();
    this.root = el("div", { class: "eo-root eo-list-view eo-gallery", "data-dataset": this.dataset });
    this.frame = new Frame(this.root, () => {});
    this.picks = new Picked(this);
    for (const id of this.memory.picked) this.picks.ids.add(id);
    const url = (path) => localUrl(this.data.base ?? "", path);
    this.grid = new Grid({ picked: this.picks, url, open: (id, how) => this.open(id, how) });
    this.keys = new Keys(this, galleryKeys(this));
    const help = new Help(this);
    this.tools = { toggleHelp: (isOpen) => help.toggle(isOpen), get helpIsOpen() { return help.isOpen; } };
    this.controls = new Controls(this);
    this.inspector = new GalleryInspector(this);
    this.note = el("p", { class: "eo-gallery-note eo-note", hidden: true });
    this.empty = new Empty({ showAll: () => this.ask({ kind: "select", text: "" }), retry: () => this.#load() });
    this.scroller = el("div", { class: "eo-gallery-scroll" }, this.note, this.empty.element, this.grid.element);
    this.root.append(
      el("div", { class: "eo-bar", "aria-hidden": "true" }),
      this.controls.element,
      this.scroller,
      this.picks.element,
      this.inspector.element,
      this.toast.element,
      help.element,
    );
    this.root.addEventListener("pointerdown", (event) => this.controls.leave(event.composedPath()));
    this.picks.set([], true);
  }

  // -- state ------------------------------------------------------------------------------------

  /** What an address says becomes what is shown. */
  #take({ g, s, p, n, i }) {
    const shown = parseShown(g);
    this.memory.shown = shown?.id ?? null;
    this.choices.link(shown ? [shown] : null);
    if (s && !parseOrder(s)) this.notices.push("The order in this link cannot be read.");
    this.memory.order = parseOrder(s) ?? "";
    this.memory.size = parseCount(n);
    if (p && !parseCount(p)) this.notices.push("The page in this link cannot be read; the first one is shown.");
    this.memory.number = parseCount(p) ?? 1;
    this.memory.open = i || null;
  }

  /** Back or Forward. */
  #goTo(state) {
    const { open } = this.memory;
    this.#take(state);
    this.choices.sync(this.data.layers);
    this.#show();
    if (this.memory.open !== open) this.inspector.restore(this.memory.open);
  }

  /** What stands in the address; null for what is as the dataset proposes it. */
  #format() {
    const { shown, memory: { order, number, open } } = this;
    const usual = usualLayer(new Choices().sync(this.data.layers));
    const isUsual = !shown || (shown.id === usual?.id && shown.styleText === usual.styleText);
    return {
      g: isUsual ? null : formatShown(shown),
      s: order && order !== this.data.sorts[0].id ? order : null,
      p: number > 1 ? String(number) : null,
      n: this.size === this.data.usual_size ? null : String(this.size),
      i: open,
    };
  }

  #show() {
    this.controls.render();
    this.address.set(this.#format());
    this.notices.push(...this.choices.takeNotices());
    for (const listener of this.listeners) listener(this);
    this.#load();
  }

  // -- the page -----------------------------------------------------------------------------------

  async #load() {
    const { shown } = this;
    const values = { sort: this.order, page: this.memory.number, size: this.size, layer: shown?.id, style: shown?.styleText };
    const address = this.url(`/gallery/${encodeURIComponent(this.dataset)}/page.json`, null, values);
    if (address === this.asked) return;
    this.asked = address;
    this.request?.abort();
    this.request = new AbortController();
    this.#wait(true);
    const answer = await pageOf(address, this.request.signal);
    if (address !== this.asked) return;
    this.#wait(false);
    if (answer.status === 200 && answer.body) this.#took(answer.body);
    else this.#fail(answer.status);
  }

  #wait(isOn) {
    this.root.classList.toggle("eo-loading", isOn);
    this.grid.element.setAttribute("aria-busy", String(isOn));
    if (isOn && !this.page) this.grid.showBones(this.size);
  }

  #took(body) {
    const isOther = this.page && (this.page.page !== body.page || this.page.sort !== body.sort || this.page.total !== body.total);
    this.page = body;
    // Of what could not be used the server says what stands in for it.
    this.memory.number = body.page;
    this.memory.size = body.size;
    this.memory.order = body.sort;
    this.asked = this.asked.replace(/([?&]page=)\d+/, `$1${body.page}`);
    const { shown } = this;
    const alt = shown ? `${shown.title}, ${shown.style?.title ?? ""}` : "";
    const look = { classes: body.classes, sort: this.sort, isLabelMap: shown?.kind === "categorical", alt };
    this.grid.show(body.items, look);
    if (isOther) this.scroller.scrollTop = 0;
    this.empty.show(body.total, new URLSearchParams(this.queryOf()).has("select"));
    this.grid.setCurrent(this.marked ?? null);
    if (this.marked) this.grid.reveal(this.marked);
    this.controls.render();
    this.address.set(this.#format());
    this.say([...this.notices.splice(0), ...body.notices].join(" "));
  }

  #fail(status) {
    this.asked = null;
    this.page = null;
    this.grid.show([], {});
    this.empty.showFailure(status);
  }
}
