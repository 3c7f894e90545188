// What the user has chosen for each layer (visible, style, opacity, order), laid over what the
// server proposes, and its readable form in the address: l=s2:true_colour~p2..98:100,footprints:split:60
// A hidden layer stands there, with a "!" before it, only where it is not as the server proposes it:
// it has its own place in the panel, and its style is that of the patch's picture in the card.

const release = new URL(import.meta.url).search;
const { parseStyle, formatStyle } = await import(`./styletext.js${release}`);

/** "s2:true_colour:100,!s1:vv:80" → [{id, style, opacity, isHidden}], bottom to top; null for nothing. */
export function parseLayers(text) {
  if (typeof text !== "string" || text === "") return null;
  if (text === "none") return [];
  const items = [];
  for (const part of text.slice(0, 4000).split(",")) {
    // From the right, since the id of a layer may hold a colon ("pred:my-model:mask"). What is shorter
    // is taken for an id, so that it is shown, or said when there is no such layer.
    const fields = part.split(":");
    const [style, percent] = fields.length > 2 ? fields.splice(-2) : ["", ""];
    const isHidden = fields[0].startsWith("!");
    const id = fields.join(":").slice(isHidden ? 1 : 0);
    const opacity = /^\d{1,3}$/.test(percent) ? Math.min(100, Number(percent)) / 100 : null;
    if (id && !items.some((item) => item.id === id)) items.push({ id, style, opacity, isHidden });
  }
  return items.length ? items : null;
}

/** The opposite of parseLayers. */
function formatLayers(layers) {
  if (!layers.length) return "none";
  return layers
    .map(({ id, visible, styleText, opacity }) => `${visible ? "" : "!"}${id}:${styleText}:${percent(opacity)}`)
    .join(",");
}

const FIELDS = ["visible", "style", "opacity"];

export class Choices {
  /** @param {Array|null} linked what parseLayers found in the address of a fresh load */
  constructor(linked = null) {
    this.proposed = new Map();
    this.source = [];
    this.layers = [];
    this.notices = []; // sentences about what a link asked for and is not there
    this.link(linked);
  }

  /** Forget what was chosen; take what a link asks for, or with null what the server proposes. */
  link(linked) {
    this.linked = linked;
    this.own = new Map(); // id → {visible?, style?, opacity?}
    this.order = null; // ids bottom to top, once the user has moved a layer
    this.touched = false;
  }

  /** The same choices once more, for the other side of a comparison. */
  copy() {
    const other = new Choices();
    other.own = new Map([...this.own].map(([id, own]) => [id, { ...own }]));
    other.proposed = new Map(this.proposed);
    other.order = this.order && [...this.order];
    other.touched = this.touched;
    return other;
  }

  /** What has to be said once. */
  takeNotices() {
    return this.notices.splice(0);
  }

  /** Take the server's layers; returns the layers as they are to be shown, bottom to top. */
  sync(layers) {
    if (this.linked && layers.length) this.#takeLink(layers);
    for (const layer of layers) {
      // A value the server has just changed is newer than the user's choice before it.
      const before = this.proposed.get(layer.id);
      const own = this.own.get(layer.id);
      for (const field of FIELDS) {
        if (before && own && before[field] !== layer[field]) delete own[field];
      }
      this.proposed.set(layer.id, { visible: layer.visible, style: layer.style, opacity: layer.opacity });
    }
    this.source = layers;
    return this.#merge();
  }

  set(id, change) {
    this.own.set(id, { ...this.own.get(id), ...change });
    this.touched = true;
    return this.#merge();
  }

  /** Move a layer up (+1, towards the viewer) or down (-1). */
  move(id, step) {
    const ids = this.layers.map((layer) => layer.id);
    const from = ids.indexOf(id);
    const to = from + step;
    if (from < 0 || to < 0 || to >= ids.length) return this.layers;
    [ids[from], ids[to]] = [ids[to], ids[from]];
    this.order = ids;
    this.touched = true;
    return this.#merge();
  }

  /** The parameter `l`, or null while everything is as the server proposes it. */
  format() {
    return this.touched ? this.text() : null;
  }

  /** The same, whatever the server proposes. */
  text() {
    const plain = new Choices().sync(this.source);
    const usable = this.layers.filter(({ styleText }) => styleText);
    const isOwn = ({ id, styleText, opacity }) =>
      plain.some((layer) => layer.id === id && (layer.styleText !== styleText || percent(layer.opacity) !== percent(opacity)));
    const listed = usable.filter((layer) => layer.visible || isOwn(layer));
    const order = interleave(this.source, listed);
    const isInOrder = this.layers.every(({ id }, index) => id === order[index]);
    return formatLayers(isInOrder ? listed : usable);
  }

  #takeLink(layers) {
    const linked = this.linked.filter((item) => layers.some((layer) => layer.id === item.id));
    const all = this.linked.length === 0; // l=none
    for (const { id } of this.linked) {
      if (!layers.some((layer) => layer.id === id)) this.notices.push(`This dataset has no layer “${brief(id)}”.`);
    }
    this.linked = null;
    if (!linked.length && !all) return;
    this.touched = true;
    for (const layer of layers) {
      const item = linked.find((candidate) => candidate.id === layer.id);
      const own = { visible: Boolean(item) && !item.isHidden };
      if (item?.opacity !== null && item?.opacity !== undefined) own.opacity = item.opacity;
      if (item?.style) own.style = this.#usableStyle(layer, item.style);
      this.own.set(layer.id, own);
    }
    this.order = interleave(layers, linked);
  }

  /** The linked style as far as it exists, with a sentence about what does not. */
  #usableStyle(layer, text) {
    const wish = parseStyle(text);
    const style = layer.styles.find(({ id }) => id === wish.name);
    const lost = wish.unknown.map((option) => `“${brief(option)}”`).join(", ");
    if (!style) this.notices.push(`${layer.title} has no style “${brief(text)}”; its first one is shown.`);
    else if (style.disabled) this.notices.push(`${layer.title}, ${style.title}: ${style.disabled}`);
    else if (lost) this.notices.push(`The style option ${lost} is not known and was left out.`);
    return style && !style.disabled ? formatStyle(wish) : undefined;
  }

  #merge() {
    const merged = this.source.map((layer) => {
      const own = this.own.get(layer.id) ?? {};
      const usable = layer.styles.filter((style) => !style.disabled);
      const wishes = [own.style, layer.style].filter(Boolean).map(parseStyle);
      const wish = wishes.find(({ name }) => usable.some(({ id }) => id === name)) ?? parseStyle(usable[0]?.id);
      const style = usable.find(({ id }) => id === wish.name) ?? null;
      const disabled = layer.disabled ?? (style ? null : (layer.styles[0]?.disabled ?? "Nothing to show"));
      return {
        ...layer,
        style,
        styleText: style ? formatStyle(wish) : "",
        disabled,
        opacity: clamp(own.opacity ?? layer.opacity ?? 1),
        visible: !disabled && (own.visible ?? Boolean(layer.visible)),
      };
    });
    this.layers = this.order ? arrange(merged, this.order) : merged;
    return this.layers;
  }
}

/** The ids of layers when those that are listed take each other's places in their order. */
function interleave(layers, listed) {
  const queue = listed.map(({ id }) => id);
  const isListed = new Set(queue);
  return layers.map(({ id }) => (isListed.has(id) ? queue.shift() : id));
}

/** Layers in the order of ids; a layer that is new goes on top of its neighbour in the list. */
function arrange(layers, order) {
  const known = layers.filter((layer) => order.includes(layer.id));
  const arranged = known.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  layers.forEach((layer, index) => {
    if (order.includes(layer.id)) return;
    const below = arranged.indexOf(layers[index - 1]);
    arranged.splice(below + 1, 0, layer);
  });
  return arranged;
}

function brief(text) {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function percent(opacity) {
  return Math.round(opacity * 100);
}

function clamp(opacity) {
  return Number.isFinite(opacity) ? Math.min(1, Math.max(0, opacity)) : 1;
}
