// Which date of each place is on top: the control in the panel, and the animation over the dates.

const release = new URL(import.meta.url).search;
const [{ el, icon, iconButton, setAttribute }, { localUrl }, rules] = await Promise.all(
  ["dom", "format", "rules"].map((name) => import(`./${name}.js${release}`)),
);
const { parseRule, formatRule, ruleWords, stepRule, MOST_DATES } = rules;

const SPEEDS = [["2400", "slow"], ["1200", "medium"], ["600", "fast"]];
const YEAR = ["winter", "spring", "summer", "autumn"];
const LONGEST_WAIT_MS = 5000;

export class DateControl {
  constructor(view) {
    this.view = view;
    this.rule = el("select", { class: "eo-select", "aria-label": "Date", on: { change: () => this.#chooseRule() } });
    this.day = el("input", {
      type: "date",
      class: "eo-number-box eo-day",
      "aria-label": "Nearest to this day",
      on: { change: () => this.day.value && this.#set(`nearest:${this.day.value}`) },
    });
    this.season = el("select", {
      class: "eo-select",
      "aria-label": "Season",
      on: { change: () => this.#set(`season:${this.season.value}`) },
    });
    this.before = iconButton("earlier", "Date before ([)", () => this.step(-1), "eo-quiet");
    this.after = iconButton("later", "Date after (])", () => this.step(1), "eo-quiet");
    this.play = iconButton("play", "Play the dates one after the other", () => this.toggle(), "eo-quiet");
    this.speed = el(
      "select",
      { class: "eo-select eo-speed", "aria-label": "Speed of the animation" },
      ...SPEEDS.map(([value, text]) => el("option", { value, text, selected: text === "medium" })),
    );
    this.words = el("p", { class: "eo-note eo-rule", "aria-live": "polite" });
    const title = el("span", { class: "eo-field-title", text: "Date" });
    const steps = el("span", { class: "eo-steps" }, this.before, this.play, this.after);
    this.element = el(
      "div",
      { class: "eo-dates-line" },
      el("div", { class: "eo-field" }, title, this.rule, steps),
      el("div", { class: "eo-field eo-date-more" }, this.day, this.season),
      el("div", { class: "eo-field eo-date-words" }, this.words, this.speed),
    );
    view.keys.add([
      { key: ["[", "]"], shown: "[ ]", meaning: "date before and after", act: ({ event }) => this.step(event.key === "[" ? -1 : 1) },
    ]);
  }

  get isPlaying() {
    return Boolean(this.player);
  }

  /** Of the dataset: days, seasons, and how many dates a place has at most. */
  get #known() {
    const { dates = [], seasons: named = [], most_dates: most = MOST_DATES } = this.view.data;
    const seasons = named.map((name) => name.toLowerCase()).sort((a, b) => YEAR.indexOf(a) - YEAR.indexOf(b));
    return { dates, seasons, frames: Math.max(1, Math.min(most, MOST_DATES, dates.length)) };
  }

  render() {
    const { dates, seasons, frames } = this.#known;
    this.element.hidden = !dates.length;
    const rule = parseRule(this.view.activeSide.date) ?? { kind: "latest" };
    this.#renderRules(rule, seasons, frames);
    this.rule.value = rule.kind === "nth" ? formatRule(rule) : rule.kind;
    this.day.hidden = rule.kind !== "nearest";
    this.season.hidden = rule.kind !== "season";
    this.day.parentNode.hidden = this.day.hidden && this.season.hidden;
    setAttribute(this.day, "min", dates[0]);
    setAttribute(this.day, "max", dates.at(-1));
    if (rule.kind === "nearest" && this.day.value !== rule.value) this.day.value = rule.value;
    if (rule.kind === "season") this.season.value = rule.value;
    this.words.textContent = dates.length > 1 ? ruleWords(this.view.activeSide.date, frames) : "All patches have the same date";
    for (const [button, step] of [[this.before, -1], [this.after, 1]]) {
      setAttribute(button, "aria-disabled", stepRule(this.view.activeSide.date, step, this.#known) === null);
    }
    for (const part of [this.before, this.after, this.play]) part.hidden = frames < 2;
    this.speed.hidden = !this.isPlaying;
    this.play.replaceChildren(icon(this.isPlaying ? "pause" : "play"));
    setAttribute(this.play, "aria-label", this.isPlaying ? "Stop the animation" : "Play the dates one after the other");
    setAttribute(this.play, "title", this.play.getAttribute("aria-label"));
    setAttribute(this.play, "aria-pressed", String(this.isPlaying));
  }

  /** Show the date before or after; says so where there is none. */
  step(step) {
    this.stop();
    const side = this.view.activeSide;
    const next = stepRule(side.date, step, this.#known);
    if (next === null) this.view.say(step < 0 ? "There is no earlier date." : "There is no later date.");
    else this.#set(next);
  }

  toggle() {
    if (this.isPlaying) this.stop();
    else this.#start();
  }

  stop() {
    if (!this.player) return;
    this.player.isOver = true;
    this.player = null;
    this.render();
  }

  #set(text) {
    this.stop();
    this.view.setDate(text);
  }

  #chooseRule() {
    const { dates, seasons } = this.#known;
    const kind = this.rule.value;
    if (kind === "nearest") this.#set(`nearest:${dates[Math.floor(dates.length / 2)]}`);
    else if (kind === "season") this.#set(`season:${seasons[0]}`);
    else if (kind === "day" || kind === "range") this.render();
    else this.#set(kind);
  }

  #renderRules(rule, seasons, frames) {
    const options = [["latest", "latest"], ["earliest", "earliest"], ["nearest", "nearest to a day"]];
    if (seasons.length) options.push(["season", "in a season"]);
    for (let number = 1; number <= frames && frames > 1; number += 1) options.push([`nth:${number}`, `date ${number} of ${frames}`]);
    // Rules that only a link can set.
    const own = rule.kind === "nth" ? formatRule(rule) : rule.kind;
    if (!options.some(([value]) => value === own)) options.push([own, ruleWords(formatRule(rule), frames)]);
    const key = JSON.stringify([options, seasons]);
    if (key === this.rulesKey) return;
    this.rulesKey = key;
    this.rule.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
    this.season.replaceChildren(...seasons.map((text) => el("option", { value: text, text })));
  }

  /** One frame after the other: the next comes when the one before is there and was seen. */
  async #start() {
    const player = (this.player = { isOver: false, side: this.view.activeSide });
    const { frames } = this.#known;
    const rule = parseRule(player.side.date);
    let frame = rule?.kind === "nth" ? rule.value : 0;
    while (!player.isOver) {
      frame = (frame % frames) + 1;
      this.view.setDate(`nth:${frame}`, player.side);
      this.#preload(player.side, `nth:${(frame % frames) + 1}`);
      await player.side.stack?.settled(LONGEST_WAIT_MS);
      await new Promise((resolve) => setTimeout(resolve, Number(this.speed.value)));
      if (!player.side.stack) this.stop(); // the comparison has ended meanwhile
    }
  }

  #preload(side, date) {
    const base = this.view.data.base ?? "";
    const shown = side.choices.layers.filter((layer) => layer.visible && layer.style);
    side.stack.preload(shown.map((layer) => [layer.id, localUrl(base, side.tileUrl(layer, date))]));
  }
}
