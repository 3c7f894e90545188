// The page of label quality: its element, its state, and the parts around it. Filters, threshold, steps
// and pages are matters of this script and the server's addresses; the page's own script runs for none.

const release = new URL(import.meta.url).search;
const shared = ["dom", "address", "frame", "keys", "notes", "format", "pageof", "listview"].map((name) => import(`../${name}.js${release}`));
const own = ["conditions", "bar", "queue", "finding", "keytable"].map((name) => import(`./${name}.js${release}`));
const parts = Object.assign({}, ...(await Promise.all([...shared, ...own])));
const { el, Address, Frame, Keys, Toast, Help, localUrl } = parts;
const { OWNED, parseConditions, formatConditions, isNarrowed, Bar, Queue, FindingView, qualityKeys, pageOf, ListView } = parts;

const FAILURES = {
  0: "The server did not answer. Check that EOExplore is still running.",
  404: "These predictions are not there any more. Choose others above.",
  503: "The server is busy.",
};
const FAULT = "The findings could not be read. The terminal of the server says why.";

// What outlives a view in this tab, by dataset.
const memory = new Map();

export class QualityView extends ListView {
  constructor(data) {
    super();
    this.data = data;
    this.dataset = data.dataset;
    this.notices = [];
    this.items = new Map(); // rank from 0 → item
    this.head = null; // the latest page.json
    this.rank = null; // of the chosen finding, from 0; null: none, or one outside the filters
    this.wanted = null; // the rank that is chosen once its page is there
    const remembered = memory.get(this.dataset);
    this.conditions = remembered ?? parseConditions(Address.read(OWNED), this.notices);
    this.isLinked = Boolean(this.conditions.at);
    memory.set(this.dataset, this.conditions);
    this.address = new Address(this.dataset, (state) => this.#goTo(state), OWNED, null);
    Object.assign(this.address.own, formatConditions(this.conditions));
    this.#build();
  }

  get scroller() {
    return this.queue.scroller;
  }

  detach() {
    this.finding.pictures.blink(false);
    super.detach();
  }

  destroy() {
    super.destroy();
    this.finding.clear();
    this.finding.pictures.viewer.observer.disconnect();
  }

  /** Show what the server has sent; called at each change of the data. */
  update(data, component) {
    const isFirst = !this.component;
    const isOther = ["query", "limits", "set", "stamp", "may_look", "is_looking"].some((name) => this.data[name] !== data[name]);
    this.data = data;
    this.component = component;
    this.address.told(data.query);
    this.frame.theme();
    if (isFirst || isOther) this.#restart();
    this.address.arrive();
  }

  // -- what the parts ask for -----------------------------------------------------------------

  /** Asked where the list of keys is closed: the focus goes back to the queue. */
  get canvas() {
    return this.queue;
  }

  get total() {
    return this.head?.total ?? 0;
  }

  get selection() {
    return new URLSearchParams(this.data.query ?? "").get("select") ?? "";
  }

  /** A path of this server with its base. */
  url(path) {
    return localUrl(this.data.base ?? "", path);
  }

  /** An address of findings: selection, palette and set, and what is given. */
  addressOf(path, values = {}) {
    const query = new URLSearchParams(this.data.query ?? "");
    query.delete("v"); // it says nothing of findings
    query.set("set", this.data.set);
    if (this.data.limits) query.set("limits", this.data.limits);
    for (const [name, text] of Object.entries(values)) if (text || text === 0) query.set(name, text);
    return `${this.url(path)}?${query}`;
  }

  /** The address of another page of the app. */
  page(path, values) {
    const query = new URLSearchParams({ dataset: this.dataset });
    if (this.data.palette !== "official") query.set("palette", this.data.palette);
    for (const [name, text] of Object.entries(values)) if (text) query.set(name, text);
    return `${this.data.base ?? ""}${path}?${query}`;
  }

  tableAddress() {
    return this.addressOf(`/issues/${encodeURIComponent(this.dataset)}/findings.csv`, this.#asked());
  }

  /** Narrow down what is looked at; the chosen finding stays if it is still among it. */
  narrow(change) {
    Object.assign(this.conditions, change);
    this.#restart();
  }

  clear() {
    this.narrow({ reasons: [], class: "", least: 0, status: "" });
  }

  step(by) {
    if (!this.total) return;
    // Keys are quicker than pages come.
    const from = this.wanted ?? this.rank ?? (by > 0 ? -1 : this.total);
    const rank = from + by;
    if (rank < 0) this.say("This is the strongest finding.");
    else if (rank >= this.total) this.say("This is the last finding.");
    else this.choose(rank, true);
  }

  /** Show the finding at a place of the queue, from 0. */
  choose(rank, byKey = false) {
    if (!this.total || rank < 0) return;
    const item = this.items.get(rank);
    this.wanted = rank;
    if (!item) {
      this.#load(Math.floor(rank / this.head.size) + 1);
      return;
    }
    this.isLinked = true;
    this.#chose(rank, item);
    if (!byKey || !this.root.classList.contains("eo-narrow")) this.#open();
  }

  /** Show one that was found at the same place, whether it fits the filters or not. */
  async showOther(item) {
    this.isLinked = true;
    this.#chose(null, item);
    await this.#load(1, item.key, true);
  }

  nextIds(most) {
    const found = new Set();
    for (let rank = this.rank ?? 0; this.items.has(rank) && found.size < most; rank += 1) found.add(this.items.get(rank).id);
    return [...found];
  }

  enlarge(slot) {
    const { pictures } = this.finding;
    if (slot && !this.finding.item?.pictures.find((one) => one.slot === slot)?.url) {
      this.say(this.finding.item?.pictures.find((one) => one.slot === slot)?.reason);
      return;
    }
    pictures.enlarge(slot);
  }

  openMap() {
    const address = this.finding.mapAddress();
    if (address) window.location.assign(address);
    else this.say("This patch has no place on a map.");
  }

  /** On a phone: back to the list. */
  closeFinding() {
    if (!this.root.classList.contains("eo-narrow") || !this.root.classList.contains("eo-open")) return false;
    this.root.classList.remove("eo-open");
    this.queue.setChosen(this.rank);
    this.queue.focus();
    return true;
  }

  // -- building ---------------------------------------------------------------------------------

  #build() {
    this.toast = new Toast();
    this.root = el("div", { class: "eo-root eo-list-view eo-quality", "data-dataset": this.dataset });
    this.frame = new Frame(this.root, () => {});
    this.queue = new Queue({ url: (path) => this.url(path), choose: (rank) => this.choose(rank), more: (number) => this.#more(number) });
    this.finding = new FindingView(this);
    this.bar = new Bar(this);
    this.keys = new Keys(this, qualityKeys(this));
    const help = new Help(this);
    this.tools = { toggleHelp: (isOpen) => help.toggle(isOpen), get helpIsOpen() { return help.isOpen; } };
    this.root.append(
      el("div", { class: "eo-bar", "aria-hidden": "true" }),
      this.bar.element,
      el("div", { class: "eo-quality-main" }, this.queue.element, this.finding.element),
      this.toast.element,
      help.element,
    );
    this.root.addEventListener("pointerdown", (event) => this.bar.leave(event.composedPath()));
  }

  // -- state ------------------------------------------------------------------------------------

  /** Back or Forward. */
  #goTo(state) {
    Object.assign(this.conditions, parseConditions(state, this.notices));
    this.isLinked = Boolean(this.conditions.at);
    this.#restart();
  }

  #asked() {
    const { reason, class: name, least, status } = formatConditions(this.conditions);
    return { reason, class: name, least, status };
  }

  #chose(rank, item) {
    this.rank = rank;
    this.wanted = null;
    this.conditions.at = item.key;
    this.queue.setChosen(rank);
    this.finding.show(item, this.head);
    if (this.isLinked) this.address.set({ at: item.key });
    for (const near of [1, -1, 2]) {
      const other = rank === null ? null : this.items.get(rank + near);
      if (other) this.finding.pictures.prefetch(other, (path) => this.url(path));
    }
    const size = this.head.size;
    // The page after this one is there before one comes to its end.
    if (rank !== null && rank % size > size - 6 && !this.items.has(rank + 6) && rank + 6 < this.total) this.#more(Math.floor(rank / size) + 2);
  }

  #open() {
    this.root.classList.add("eo-open");
  }

  /** Ask for the queue anew; the chosen finding is kept if it is still in it. */
  #restart() {
    this.bar.render(this.head);
    this.address.set({ ...formatConditions(this.conditions), at: this.isLinked ? this.conditions.at : null });
    this.#load(1, this.conditions.at, true);
  }

  // -- the server -------------------------------------------------------------------------------

  async #load(number, key = null, isAnew = false) {
    const values = { ...this.#asked(), page: number, size: this.data.usual_size, find: key };
    const address = this.addressOf(`/issues/${encodeURIComponent(this.dataset)}/page.json`, values);
    if (address === this.asked) return;
    this.asked = address;
    this.request?.abort();
    this.request = new AbortController();
    this.#wait(true);
    const answer = await pageOf(address, this.request.signal);
    if (address !== this.asked) return;
    this.asked = null;
    this.#wait(false);
    if (answer.status === 200 && answer.body) this.#took(answer.body, isAnew);
    else this.#fail(answer.status);
  }

  /** A page that may be wanted soon; what is asked for now comes first. */
  #more(number) {
    if (!this.asked) this.#load(number);
  }

  #wait(isOn) {
    this.root.classList.toggle("eo-loading", isOn);
    this.queue.element.setAttribute("aria-busy", String(isOn));
    if (isOn && !this.head) this.queue.showBones();
  }

  #took(page, isAnew) {
    this.head = page;
    if (isAnew) {
      this.items.clear();
      this.queue.reset();
    }
    page.items.forEach((item, at) => this.items.set((page.page - 1) * page.size + at, item));
    this.bar.render(page);
    this.queue.showEmpty(...this.#why(page));
    this.queue.add(page);
    // Kept are those that stand in the queue, so that what is chosen is seen there.
    for (const rank of this.items.keys()) if (!this.queue.has(rank, page.size)) this.items.delete(rank);
    if (isAnew) this.#settle(page);
    this.say([...this.notices.splice(0), ...page.notices].join(" "));
    if (!isAnew && this.wanted !== null && this.items.has(this.wanted)) this.choose(this.wanted, true);
  }

  /** Choose the finding that was chosen before, or that a link is about; else the first. */
  #settle(page) {
    const isWide = !this.root.classList.contains("eo-narrow");
    if (page.rank !== null) {
      this.#chose(page.rank, this.items.get(page.rank));
      if (this.isLinked) this.#open();
    } else if (this.finding.item && this.rank === null && page.total && this.isOutside(page)) {
      this.finding.show(this.finding.item, page);
    } else if (page.total) {
      if (this.conditions.at && this.isLinked && !this.finding.item) {
        this.notices.push("The finding of this link is not among these; the strongest one is shown.");
      }
      this.isLinked = false;
      this.address.set({ at: null });
      this.#chose(0, this.items.get(0));
      if (isWide) this.#open();
    } else {
      this.rank = null;
      this.finding.clear();
      this.root.classList.remove("eo-open");
    }
  }

  /** One found at the same place, which the filters leave out, stays until another is chosen. */
  isOutside() {
    return this.conditions.at === this.finding.item.key && this.finding.item.rank === null;
  }

  /** Why the queue is empty, and the way out. */
  #why(page) {
    if (page.total) return [];
    const button = (text, act) => el("button", { type: "button", class: "eo-text-button", text, on: { click: act } });
    const reasons = page.cannot.map(({ title, sentence }) => el("p", { class: "eo-note" }, el("strong", { text: `${title}: ` }), sentence));
    const ask = (payload) => () => this.ask(payload);
    if (!page.looked.length && !this.data.may_look) return [el("p", { text: "Without a model there is nothing to look for here. Choose predictions above." })];
    if (!page.looked.length) {
      const look = this.data.is_looking ? null : button("Look for wrong labels", ask({ kind: "look" }));
      const words = look ? "Nobody has looked for wrong labels here yet." : "What is found comes here when the job is done.";
      return [el("p", { text: words }), ...(look ? [look] : [])];
    }
    if (page.all && isNarrowed(this.conditions)) {
      return [el("p", { text: "No finding fits these filters." }), button("Clear filters", () => this.clear())];
    }
    const said = el("p", { text: this.selection ? "Nothing speaks against the labels of this selection." : "Nothing was found that speaks against the labels." });
    const all = this.selection ? button("Look at all patches", ask({ kind: "select", text: "" })) : null;
    return [said, ...reasons, ...(all ? [all] : [])];
  }

  #fail(status) {
    this.head = null;
    this.items.clear();
    this.queue.reset();
    this.finding.clear();
    const again = el("button", { type: "button", class: "eo-text-button", text: "Try again", on: { click: () => this.#restart() } });
    this.queue.showEmpty(el("p", { role: "alert", text: FAILURES[status] ?? FAULT }), again);
  }
}
