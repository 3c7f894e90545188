// The histogram of the scores, and the least score that is shown: a line that is dragged, or moved by
// keys. While it moves, what remains is counted here; the server is asked when it rests.

const release = new URL(import.meta.url).search;
const [{ el, setAttribute }, { value }] = await Promise.all(
  ["dom", "format"].map((name) => import(`../${name}.js${release}`)),
);

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 40;
const STEPS = 100; // whole percents, as the server counts them
const REST_MS = 140;
const WAYS = {
  ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -STEPS, End: STEPS,
};

export class Scores {
  /** @param {function(number)} onLeast called with the score once it rests */
  constructor(onLeast) {
    this.onLeast = onLeast;
    this.step = 0; // the least score in percent
    this.above = []; // how many have a score of at least 0, 1, … 100 percent
    this.bars = svg("path", { class: "eo-score-bars" });
    this.cut = svg("path", { class: "eo-score-bars eo-score-cut" });
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.picture.append(this.bars, this.cut);
    this.handle = el("span", { class: "eo-score-handle", "aria-hidden": "true" });
    this.track = el(
      "div",
      {
        class: "eo-score-track",
        role: "slider",
        tabindex: "0",
        "aria-label": "Score at least",
        "aria-valuemin": "0",
        "aria-valuemax": "1",
        title: "Drag: only findings with a higher score. Bars: how many, on a logarithmic scale",
        on: {
          pointerdown: (event) => this.#pressed(event),
          pointermove: (event) => this.#moved(event),
          pointerup: () => this.#released(),
          pointercancel: () => this.#released(),
          keydown: (event) => this.#keyed(event),
        },
      },
      this.picture,
      this.handle,
    );
    this.least = el("span", { class: "eo-score-least" });
    this.remain = el("span", { class: "eo-score-remain" });
    this.element = el(
      "div",
      { class: "eo-scores" },
      this.track,
      el("div", { class: "eo-score-words" }, this.least, this.remain),
    );
  }

  /** @param {{scores: number[], above: number[]}} page of page.json  @param {number} least */
  show({ scores, above }, least) {
    this.above = above;
    this.scores = scores;
    this.#draw();
    if (!this.isMoving) this.#set(Math.round(least * STEPS));
    else this.#say();
  }

  get isMoving() {
    return this.isPressed || Boolean(this.timer);
  }

  #set(step) {
    this.step = Math.min(STEPS, Math.max(0, step));
    const place = `${this.step}%`;
    this.handle.style.left = place;
    this.cut.style.clipPath = `inset(0 0 0 ${place})`;
    this.#say();
  }

  #say() {
    const total = this.above[0] ?? 0;
    const left = this.above[this.step] ?? 0;
    const score = (this.step / STEPS).toFixed(2);
    this.least.textContent = this.step ? `Score at least ${score}` : "Any score";
    this.remain.textContent = this.step ? `${value(left)} of ${value(total)}` : value(total);
    setAttribute(this.track, "aria-valuenow", this.step / STEPS);
    setAttribute(this.track, "aria-valuetext", `${score}: ${value(left)} of ${value(total)} findings remain`);
  }

  /** By the logarithm: a few strong findings are seen beside thousands of weak ones. */
  #draw() {
    const most = Math.log1p(Math.max(...this.scores, 1));
    const wide = WIDTH / this.scores.length;
    const parts = this.scores.map((count, at) => {
      const high = count ? Math.max(2, (Math.log1p(count) / most) * (HEIGHT - 3)) : 0;
      return `M${(at * wide + 0.5).toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${(wide - 1).toFixed(1)}v${high.toFixed(1)}Z`;
    });
    for (const path of [this.bars, this.cut]) path.setAttribute("d", parts.join(""));
  }

  #pressed(event) {
    if (event.button !== 0) return;
    this.track.setPointerCapture(event.pointerId);
    this.track.focus({ preventScroll: true });
    event.preventDefault();
    this.isPressed = true;
    this.#to(event);
  }

  #moved(event) {
    if (this.isPressed) this.#to(event);
  }

  #released() {
    this.isPressed = false;
  }

  #to(event) {
    const { left, width } = this.track.getBoundingClientRect();
    this.#change(Math.round(((event.clientX - left) / width) * STEPS));
  }

  #keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in WAYS)) return;
    event.preventDefault();
    this.#change(this.step + WAYS[event.key]);
  }

  #change(step) {
    const before = this.step;
    this.#set(step);
    if (this.step === before) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.onLeast(this.step / STEPS);
    }, REST_MS);
  }
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, text] of Object.entries(attributes)) node.setAttribute(key, text);
  return node;
}
