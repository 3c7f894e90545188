// What is shown of the chosen finding: the sentence, the pictures, the numbers behind it, the labels of
// the patch beside what the model says, what else was found there, and where to go on.

const release = new URL(import.meta.url).search;
const own = ["pictures", "queue"].map((name) => import(`./${name}.js${release}`));
const shared = ["dom", "format", "address"].map((name) => import(`../${name}.js${release}`));
const parts = Object.assign({}, ...(await Promise.all([...own, ...shared])));
const { Pictures, bar, el, icon, iconButton, swatch, value, share, formatView } = parts;

const NEAR_ZOOM = 15;
const MOST_CLASSES = 10;
const MOST_IDS = 20; // as many as a selection writes out

export class FindingView {
  constructor(view) {
    this.view = view;
    this.pictures = new Pictures();
    this.back = el("button", { type: "button", class: "eo-text-button eo-back", text: "All findings", on: { click: () => view.closeFinding() } });
    this.previous = iconButton("up", "Previous finding (k)", () => view.step(-1), "eo-quiet");
    this.next = iconButton("down", "Next finding (j)", () => view.step(1), "eo-quiet");
    this.rank = el("span", { class: "eo-finding-rank" });
    this.reason = el("span", { class: "eo-tag" });
    this.score = el("span", { class: "eo-finding-score" });
    this.sentence = el("h2", { class: "eo-finding-sentence", tabindex: "-1" });
    this.facts = el("dl", { class: "eo-facts" });
    this.labels = el("ul", { class: "eo-model-labels" });
    this.labelsHead = el("h3");
    this.here = el("div", { class: "eo-here" });
    this.tags = el("div", { class: "eo-finding-tags" });
    this.links = el("nav", { class: "eo-finding-links", "aria-label": "Go on with this finding" });
    this.body = el(
      "div",
      { class: "eo-finding-body" },
      this.sentence,
      this.tags,
      this.pictures.element,
      this.links,
      el(
        "div",
        { class: "eo-finding-columns" },
        el("section", {}, el("h3", { text: "Numbers behind it" }), this.facts),
        el("section", {}, this.labelsHead, this.labels),
        el("section", {}, el("h3", { text: "Also found at this place" }), this.here),
      ),
    );
    this.element = el(
      "section",
      { class: "eo-finding", "aria-label": "Finding", hidden: true },
      el("header", { class: "eo-finding-head" }, this.back, this.reason, this.score, el("span", { class: "eo-stretch" }), this.rank, this.previous, this.next),
      this.body,
    );
  }

  /** @param {object} item of page.json  @param {object} page the page that it came with */
  show(item, page) {
    const isOther = item.key !== this.item?.key;
    this.item = item;
    this.element.hidden = false;
    this.element.dataset.key = item.key;
    this.#head(item, page);
    this.sentence.textContent = item.sentence;
    this.#tags(item);
    this.pictures.show(item, (path) => this.view.url(path), page.classes);
    this.#facts(item);
    this.#labels(item, page.classes);
    this.#links(item);
    if (!isOther) return;
    this.body.scrollTop = 0;
    this.#askHere(item);
  }

  clear() {
    this.item = null;
    this.element.hidden = true;
    this.request?.abort();
  }

  #head({ rank, reason, score }, { total }) {
    this.reason.textContent = reason.title;
    this.score.replaceChildren(el("strong", { text: score.toFixed(2) }), bar(score));
    this.score.title = "Score: how strongly this speaks against the label, 0 to 1";
    this.rank.textContent = rank ? `${value(rank)} of ${value(total)}` : "outside the filters";
    this.previous.disabled = rank === 1;
    this.next.disabled = Boolean(rank) && rank >= total;
  }

  #tags({ id, place, country, date, split, decidable }) {
    const tag = (text, title = null) => (text ? el("span", { class: "eo-tag", text, title }) : null);
    const small = decidable === false ? el("span", { class: "eo-tag eo-tag-warn", text: "not decidable at the map's resolution", title: "The spot is smaller than the map's unit" }) : null;
    this.tags.replaceChildren(...[tag(place ?? id, id), tag(date), tag(country), tag(split, "Split"), small].filter(Boolean));
  }

  #facts({ facts, other }) {
    const rows = facts.map(({ title, value: number, digits, unit }) => fact(title, `${written(number, digits)}${unit ? ` ${unit}` : ""}`));
    if (other) rows.push(fact("The other patch", other));
    this.facts.replaceChildren(...rows);
    if (!rows.length) this.facts.replaceChildren(el("p", { class: "eo-note", text: "None." }));
  }

  /** Labels first, then what the model says beyond them, strongest first. */
  #labels({ labels, model, label, suspect }, classes) {
    const own = labels.map((at) => classes[at]).filter(Boolean);
    const said = model?.classes ?? [];
    this.labelsHead.textContent = !model ? "Labels of the patch" : model.masks ? "Labels, and their share of the mask" : "Labels, and scores of the model";
    const known = new Map(said.map((item) => [item.name, item]));
    const others = said.filter(({ name }) => !own.some((item) => item.name === name)).slice(0, MOST_CLASSES);
    const rows = [...own.map((item) => ({ ...item, share: known.get(item.name)?.share, isLabel: true })), ...others];
    const marked = new Set([label?.name, suspect?.name]);
    this.labels.replaceChildren(...rows.map((item) => labelRow(item, marked.has(item.name))));
    if (!rows.length) this.labels.replaceChildren(el("li", { class: "eo-note", text: "No label." }));
  }

  #links(item) {
    const { view } = this;
    const link = (text, href, name) => el("a", { class: "eo-text-button", href }, name ? icon(name) : null, text);
    const ids = view.nextIds(MOST_IDS);
    const found = [];
    if (item.centre) found.push(link("Map (m)", this.mapAddress(item), "target"));
    found.push(link("Inspector card", view.page("/gallery", { select: idsText([item.id]), i: openAt(item) })));
    if (ids.length > 1) found.push(link(`This and the next ${ids.length - 1} in the gallery`, view.page("/gallery", { select: idsText(ids) })));
    if (item.other) found.push(link("Both patches in the gallery", view.page("/gallery", { select: idsText([item.id, item.other]) })));
    if (view.data.set !== "none") found.push(link("Evaluation", view.page("/evaluation", { select: view.selection, set: view.data.set })));
    this.links.replaceChildren(...found);
  }

  /** The map at the finding, with the layer of the set; null where it has no place. */
  mapAddress(item = this.item) {
    if (!item?.centre) return null;
    const [lon, lat] = item.lon === null || item.lon === undefined ? item.centre : [item.lon, item.lat];
    const shown = { v: formatView({ lat, lon, zoom: NEAR_ZOOM }), l: this.view.data.map_layers, i: openAt(item) };
    if (item.day) shown.d = `nearest:${item.day}`;
    return this.view.page("/", { select: this.view.selection, ...shown });
  }

  async #askHere(item) {
    this.request?.abort();
    const request = (this.request = new AbortController());
    this.here.setAttribute("aria-busy", "true");
    const path = `/issues/${encodeURIComponent(this.view.dataset)}/${encodeURIComponent(item.id)}/here.json`;
    const found = await fetch(this.view.addressOf(path), { signal: request.signal }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    if (request.signal.aborted) return;
    this.here.removeAttribute("aria-busy");
    const others = (found?.items ?? []).filter(({ key }) => key !== item.key);
    const rows = others.map((other) => this.#hereRow(other));
    const more = (found?.total ?? 0) - (found?.items.length ?? 0);
    if (more > 0) rows.push(el("p", { class: "eo-note", text: `and ${value(more)} more` }));
    if (!found) rows.push(el("p", { class: "eo-note", text: "The server did not say." }));
    this.here.replaceChildren(...(rows.length ? rows : [el("p", { class: "eo-note", text: "Nothing else." })]));
  }

  #hereRow(other) {
    const { label, suspect, score, reason } = other;
    const words = el("span", { class: "eo-here-words" }, ...classWords(label, suspect), el("span", { class: "eo-note", text: reason.title }));
    const press = () => this.view.showOther(other);
    return el("button", { type: "button", class: "eo-here-row", title: other.sentence, on: { click: press } }, words, el("span", { class: "eo-here-score", text: score.toFixed(2) }));
  }
}

/** A sample as the card is opened by an address: at the pixel of the finding, where it has one. */
function openAt({ id, at }) {
  return at ? `${id}~${at[0]}~${at[1]}` : id;
}

function classWords(label, suspect) {
  const found = [el("span", {}, label ? swatch(label.colour) : null, label?.name ?? (suspect ? "No label" : "The whole patch"))];
  if (suspect) found.push(el("span", {}, el("span", { class: "eo-arrow", text: "→" }), swatch(suspect.colour), suspect.name));
  return found;
}

function labelRow({ name, colour, share: part, isLabel }, isMarked) {
  const row = el(
    "li",
    { class: isMarked ? "eo-marked" : "" },
    swatch(colour),
    el("span", { class: "eo-label-name" }, name, isLabel ? null : el("span", { class: "eo-note", text: " (no label)" })),
    el("span", { class: "eo-share", text: typeof part === "number" ? share(part) : "" }),
  );
  if (typeof part === "number") {
    const fill = el("span", { class: "eo-fill" });
    fill.style.width = `${Math.min(100, part * 100)}%`;
    if (/^#[0-9a-f]{6}$/i.test(colour ?? "")) fill.style.backgroundColor = colour;
    row.append(el("span", { class: "eo-track", "aria-hidden": "true" }, fill));
  }
  return row;
}

function fact(title, text) {
  return el("div", {}, el("dt", { text: title }), el("dd", { text }));
}

function written(number, digits) {
  return new Intl.NumberFormat("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(number).replace("-", "−");
}

function idsText(ids) {
  return `ids=${[...ids].sort().map(encodeURIComponent).join("|")}`;
}
